import { createPublicKey, type KeyObject } from "node:crypto";
import { ByokError } from "../model/errors";
import type { ImportMaterialRequest } from "../model/ports/kms";
import type { ImportRequest } from "../model/ports/custodian";
import { keySpecFacts } from "../model/key-spec";
import { materialDescription } from "../model/material-description";
import { chooseWrapping, type WrappingKeySpec } from "../model/wrapping";
import type { Material } from "./material";
import type { OperationContext } from "./operation-context";
import { decideTrust, type VerifiedTarget } from "./verified-target";

/** What to send where. */
export interface Sending {
  readonly target: VerifiedTarget;
  readonly material: Material;
  readonly request: ImportRequest;
  /** The expiry to give to the material, asked immediately before it is sent. */
  readonly validTo: () => Promise<Date | undefined>;
}

/**
 * Fetches a wrapping key, wraps in the token, imports, and forgets: the wrapping key, the import token and the blob live in this
 * function only. An import token that expired on the way is replaced once.
 */
export async function sendMaterial(context: OperationContext, sending: Sending): Promise<string | undefined> {
  try {
    return await sendOnce(context, sending);
  } catch (thrown) {
    if (!(thrown instanceof ByokError) || thrown.code !== "BYOK_AWS_IMPORT_TOKEN_EXPIRED") throw thrown;
    return await sendOnce(context, sending);
  }
}

/**
 * Decides how the material may travel, from what the token says of itself now; what the request asks for must be that.
 *
 * @throws ByokError BYOK_WRAP_REFUSED
 */
export async function decideWrapping(
  { token }: Pick<OperationContext, "token">,
  request: ImportRequest,
  partition: string,
): Promise<void> {
  const { abilities, identity } = await token.report();
  const choice = chooseWrapping({
    spec: request.spec,
    abilities,
    minOaepHash: request.rules.minOaepHash,
    wrappingKeySpec: request.wrappingKeySpec,
    partition,
    tokenModel: identity.model,
  });
  if ("refused" in choice) {
    throw new ByokError("BYOK_WRAP_REFUSED", `The key is not wrapped: ${choice.refused}`, { hint: choice.hint });
  }
  if (choice.algorithm !== request.wrappingAlgorithm) {
    throw new ByokError(
      "BYOK_WRAP_REFUSED",
      `The key is not wrapped: ${request.wrappingAlgorithm} is asked for, and this token, key type and cloud call for ${choice.algorithm}.`,
      { hint: "The token's abilities have changed since they were probed. Refresh the source group and run again." },
    );
  }
}

async function sendOnce(
  context: OperationContext,
  { target, material, request, validTo }: Sending,
): Promise<string | undefined> {
  const { kms } = target;
  const { keyArn } = target.request;
  const parameters = await kms.getParametersForImport(keyArn, request.wrappingAlgorithm, request.wrappingKeySpec);
  let blob: Buffer | undefined;
  try {
    checkWrappingKey(parameters.publicKey, request.wrappingKeySpec);
    // Waiting for a turn at KMS can take minutes. The rules are decided again at the last moment before the key is wrapped.
    await decideTrust(context, target.request, request.rules, request.owner);
    blob = await material.wrap(parameters.publicKey, request.wrappingAlgorithm);
    const expiry = await validTo();
    const imported: ImportMaterialRequest = {
      keyId: keyArn,
      importToken: parameters.importToken,
      encryptedKeyMaterial: blob,
      ...(expiry === undefined ? {} : { validTo: expiry }),
      ...importType(request),
    };
    const { keyMaterialId } = await context.change(() => kms.importKeyMaterial(imported));
    return keyMaterialId;
  } finally {
    parameters.importToken.fill(0);
    blob?.fill(0);
  }
}

/**
 * ImportType is "only usable with symmetric encryption keys" (ImportKeyMaterial). Without it KMS takes a first material as new and every later one as
 * existing, so that an import whose answer was lost can be repeated; NEW_KEY_MATERIAL would then be refused.
 */
function importType(request: ImportRequest): Pick<ImportMaterialRequest, "importType" | "description"> {
  if (keySpecFacts[request.spec].family !== "aes") return {};
  if (request.additional === true) return { importType: "NEW_KEY_MATERIAL", description: materialDescription(request) };
  if (!request.existing) return {};
  const described = request.described === true ? { description: materialDescription(request) } : {};
  return { importType: "EXISTING_KEY_MATERIAL", ...described };
}

/** Public exponents below this would weaken the padding; NIST SP 800-56B rev. 2 §6.2 demands at least 65537. */
const leastExponent = 65_537n;

function checkWrappingKey(spki: Buffer, spec: WrappingKeySpec): void {
  const key = publicKeyOf(spki);
  const bits = Number(spec.slice("RSA_".length));
  const { modulusLength, publicExponent } = key?.asymmetricKeyDetails ?? {};
  if (key?.asymmetricKeyType === "rsa" && modulusLength === bits && (publicExponent ?? 0n) >= leastExponent) return;
  throw new ByokError(
    "BYOK_WRAP_REFUSED",
    `The key is not wrapped: KMS answered something else than a ${spec} public key.`,
    {
      hint: "Check that the group's endpoint is AWS KMS.",
    },
  );
}

function publicKeyOf(spki: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: spki, format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}
