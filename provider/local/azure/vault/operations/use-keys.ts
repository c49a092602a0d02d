import { randomBytes } from "node:crypto";
import { z } from "zod";
import { AzureError, badParameter } from "../../azure-error";
import type { KeyVersion } from "../../records";
import { type AesParts, aesAlgorithm, decryptAes, encryptAes } from "../aes-encryption";
import type { VaultCall, VaultOperation } from "../call";
import { requireKey, requireVersion } from "../find-key";
import { signDigestOf, verifyDigestOf } from "../json-web-signature";
import { keyIdOf } from "../key-bundle";
import { privateKeyOf } from "../key-material";
import { bytesSchema, readBody } from "../read-body";
import { type RsaAlgorithm, decryptRsa, encryptRsa, rsaAlgorithms } from "../rsa-encryption";
import { requireUsable } from "../use-key";

const transformSchema = z.object({
  alg: z.string(),
  value: bytesSchema,
  iv: bytesSchema.nullish(),
  aad: bytesSchema.nullish(),
  tag: bytesSchema.nullish(),
});

type Transform = "encrypt" | "decrypt" | "wrapKey" | "unwrapKey";

/** Encrypt, Decrypt, WrapKey and UnwrapKey. */
export function transformWith(operation: Transform): VaultOperation {
  return (call) => {
    const { version, kid } = usedVersion(call, operation);
    const { alg, value, iv, aad, tag } = readBody(call.body, transformSchema);
    const parts = { value, iv: iv ?? undefined, aad: aad ?? undefined, tag: tag ?? undefined };
    const result =
      version.kty === "oct-HSM" ? withAes(version, operation, alg, parts) : withRsa(version, operation, alg, value);
    return { kid, ...inBase64(result) };
  };
}

function inBase64(parts: AesParts): Readonly<Record<string, string>> {
  const { value, iv, aad, tag } = parts;
  const encoded = (name: string, bytes: Buffer | undefined): Record<string, string> =>
    bytes === undefined ? {} : { [name]: bytes.toString("base64url") };
  return { ...encoded("value", value), ...encoded("iv", iv), ...encoded("aad", aad), ...encoded("tag", tag) };
}

const isRsaAlgorithm = (name: string): name is RsaAlgorithm => rsaAlgorithms.some((each) => each === name);

function withRsa(version: KeyVersion, operation: Transform, alg: string, value: Buffer): AesParts {
  if (!isRsaAlgorithm(alg))
    throw badParameter(`Key and key operation algorithm are incompatible: ${version.kty} and ${alg}.`);
  const seals = operation === "encrypt" || operation === "wrapKey";
  return { value: (seals ? encryptRsa : decryptRsa)(privateKeyOf(version), alg, value) };
}

function withAes(version: KeyVersion, operation: Transform, alg: string, parts: AesParts): AesParts {
  const key = Buffer.from(version.material, "base64");
  const algorithm = aesAlgorithm(alg);
  const wraps = operation === "wrapKey" || operation === "unwrapKey";
  const isWrap = algorithm?.mode === "wrap" || algorithm?.mode === "wrap-pad";
  if (algorithm === undefined || wraps !== isWrap || (algorithm.bits !== "any" && algorithm.bits !== key.length * 8)) {
    throw badParameter(
      `Key and key operation algorithm are incompatible: ${operation} with ${alg} under a key of ${String(key.length * 8)} bits.`,
    );
  }
  const seals = operation === "encrypt" || operation === "wrapKey";
  return seals ? encryptAes(key, algorithm, parts) : decryptAes(key, algorithm, parts);
}

export const sign: VaultOperation = (call) => {
  const { version, kid } = usedVersion(call, "sign");
  const { alg, value } = readBody(call.body, z.object({ alg: z.string(), value: bytesSchema }));
  requireAsymmetric(version);
  return { kid, value: signDigestOf(version, privateKeyOf(version), alg, value).toString("base64url") };
};

export const verify: VaultOperation = (call) => {
  const { version } = usedVersion(call, "verify");
  const { alg, digest, value } = readBody(
    call.body,
    z.object({ alg: z.string(), digest: bytesSchema, value: bytesSchema }),
  );
  requireAsymmetric(version);
  return { value: verifyDigestOf(version, privateKeyOf(version), alg, digest, value) };
};

/** No key here is exportable. */
export const release: VaultOperation = (call) => {
  requireVersion(call, requireKey(call));
  throw new AzureError(403, "Forbidden", "Operation release is not permitted on this key.", {
    inner: "KeyOperationForbidden",
  });
};

export const randomBytesOfHsm: VaultOperation = ({ body, vault }) => {
  if (vault.tier !== "managed-hsm")
    throw new AzureError(404, "NotFound", "Random bytes are served by Managed HSM only.");
  const { count } = readBody(body, z.object({ count: z.int().min(1).max(128) }));
  return { value: randomBytes(count).toString("base64url") };
};

function usedVersion(call: VaultCall, operation: string): { version: KeyVersion; kid: string } {
  const key = requireKey(call);
  const version = requireVersion(call, key);
  requireUsable(version, operation, call.now);
  return { version, kid: keyIdOf(call.vault, key.name, version.version) };
}

function requireAsymmetric({ kty }: KeyVersion): void {
  if (kty === "oct-HSM") throw badParameter("Signatures of oct keys are not available in this vault.");
}
