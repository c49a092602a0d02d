import { createHash } from "node:crypto";
import type { GroupWrappingKey, PinnedWrappingKey } from "./ports/azure-import";

/** A wrapping key that a token remembers: this project made it, and the token has wrapped under it, or was about to. */
export interface RememberedWrappingKey extends PinnedWrappingKey {
  /** Id of the wrapping key in a state that the token did not know, and for which this one was made. */
  readonly insteadOf?: string;
}

/** What marks the wrapping keys of one group of one stack, 32 hex digits. A key of the group knows all of it. */
export function wrappingKeyGroup({
  organization = "organization",
  self = "",
  name,
  vaultUrl,
}: {
  readonly organization?: string | undefined;
  /** URN of the group or of a key of it: both stand in the same stack. */
  readonly self?: string | undefined;
  /** Of the group. */
  readonly name: string;
  readonly vaultUrl: string;
}): string {
  const [stack = "", project = ""] = self.split("::");
  const text = JSON.stringify(["byok wrapping keys 1", organization, stack, project, name, new URL(vaultUrl).origin]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

const same = (one: PinnedWrappingKey, other: PinnedWrappingKey): boolean =>
  one.id === other.id && one.publicKeySha256 === other.publicKeySha256;

/** What is known without asking the vault. */
export type KnownWrappingKey =
  | { readonly kind: "known"; readonly key: RememberedWrappingKey }
  /** This run saw the vault make it; the token is to remember it now. */
  | { readonly kind: "made" }
  | { readonly kind: "unknown" };

/**
 * Whether a token knows the wrapping key that a state names. A state can be altered by whoever may write to it; what the token remembers cannot, and
 * neither can what this run saw itself.
 */
export function knownWrappingKey(
  asked: GroupWrappingKey,
  remembered: readonly RememberedWrappingKey[],
): KnownWrappingKey {
  const key = remembered.find((each) => same(each, asked));
  if (key !== undefined) return { kind: "known", key };
  return { kind: asked.made ? "made" : "unknown" };
}

/** What becomes of an import under a wrapping key that the token does not know. */
export type UnknownWrappingKey =
  /** The one that was made when the token met this one before. */
  | { readonly kind: "instead"; readonly key: RememberedWrappingKey }
  /** Nothing says that the state is wrong, and nothing that it is right: another one is made, and remembered. */
  | { readonly kind: "make" }
  /** The token remembers another one of the group that is still there: somebody altered the state. */
  | { readonly kind: "contradicted"; readonly key: RememberedWrappingKey };

/** @param living - those of the group that the token remembers and that are still in the vault */
export function unknownWrappingKey(
  asked: PinnedWrappingKey,
  living: readonly RememberedWrappingKey[],
): UnknownWrappingKey {
  const instead = living.find(({ insteadOf }) => insteadOf === asked.id);
  if (instead !== undefined) return { kind: "instead", key: instead };
  const [other] = living;
  return other === undefined ? { kind: "make" } : { kind: "contradicted", key: other };
}
