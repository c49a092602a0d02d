import { isLeaving } from "./key-states";
/** What tells of a key whether an alias may move to or from it. */
export interface AliasTarget {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  /** KeySpec of DescribeKey. */
  readonly spec: string;
  /** KeyUsage of DescribeKey. */
  readonly usage: string;
  /** KeyState of DescribeKey. */
  readonly state: string;
  /** KeyManager of DescribeKey. */
  readonly manager: string;
}

/** Key types as UpdateAlias tells them apart. */
function typeOf(spec: string): "symmetric" | "asymmetric" | "HMAC" {
  if (spec === "SYMMETRIC_DEFAULT") return "symmetric";
  return spec.startsWith("HMAC_") ? "HMAC" : "asymmetric";
}

/** Why AWS would give the key no alias at all, or undefined. Source: CreateAlias, UpdateAlias and the table of key states. */
export function targetRefusal(
  key: AliasTarget,
  place: { readonly account: string; readonly region: string },
): string | undefined {
  if (key.account !== place.account || key.region !== place.region) {
    return (
      `is in account ${key.account}, Region ${key.region}, and the alias in ${place.account}, ${place.region}: ` +
      "an alias and its key share account and Region."
    );
  }
  if (key.manager !== "CUSTOMER") return `is a key that AWS manages (${key.arn}); its aliases are AWS's.`;
  if (isLeaving(key.state)) {
    return `is scheduled for deletion (${key.arn}): AWS lets no alias move to such a key.`;
  }
  return undefined;
}

/** Why AWS would not move an alias from one key to the other, or undefined. Source: UpdateAlias. */
export function moveRefusal(from: AliasTarget, to: AliasTarget): string | undefined {
  const [fromType, toType] = [typeOf(from.spec), typeOf(to.spec)];
  if (fromType !== toType) {
    return `the alias points to ${an(fromType)} key (${from.arn}) and ${to.arn} is ${an(toType)} one: AWS moves an alias only between keys of the same type.`;
  }
  if (from.usage !== to.usage) {
    return `the alias points to a key for ${from.usage} (${from.arn}) and ${to.arn} is for ${to.usage}: AWS moves an alias only between keys of the same usage.`;
  }
  return undefined;
}

const an = (type: string): string => (type === "symmetric" ? `a ${type}` : `an ${type}`);

/**
 * What moving an alias means for callers that name it, in one sentence. Only symmetric ciphertext is bound to its KMS key; all else is bound to
 * the material, which two keys may share.
 */
export function moveConsequence(key: { readonly spec: string; readonly usage: string }): string {
  switch (key.usage) {
    case "SIGN_VERIFY":
      return "Unless both keys hold the same material, signatures of the former key do not verify by this name any more, and GetPublicKey by it answers another key; by the former key's ARN both go on.";
    case "GENERATE_VERIFY_MAC":
      return "Unless both keys hold the same material, MACs of the former key do not verify by this name any more; by the former key's ARN they do.";
    case "KEY_AGREEMENT":
      return "Unless both keys hold the same material, shared secrets that were agreed with the former public key are not derived by this name any more; by the former key's ARN they are.";
    default:
      return typeOf(key.spec) === "symmetric"
        ? "What the former key encrypted stays readable as long as that key is enabled, because the ciphertext names its key; only callers that name this alias in Decrypt or as the source of ReEncrypt fail with it."
        : "Unless both keys hold the same material, what the former key encrypted does not decrypt by this name any more, and GetPublicKey by it answers another key; by the former key's ARN both go on.";
  }
}
