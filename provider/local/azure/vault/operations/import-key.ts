import { type KeyObject, createPrivateKey } from "node:crypto";
import { z } from "zod";
import { badParameter } from "../../azure-error";
import { type CurveName, type KeyType, curveNames } from "../../records";
import { type TransferredKey, openByokFile } from "../byok-file";
import type { VaultCall, VaultOperation } from "../call";
import { existingKey, requireName } from "../find-key";
import { bundle } from "../key-bundle";
import { octSizes, requireKeyPair } from "../key-material";
import { addVersion, versionStamp } from "../new-version";
import { bytesSchema, readBody } from "../read-body";
import { applySettings, freshSettings, readOperations, settingsFields } from "../version-settings";
import { requireKeyType } from "./create-key";

/** The private and public numbers are read later, since which of them there are depends on the type. */
const jwkSchema = z.looseObject({
  kty: z.enum(["RSA", "RSA-HSM", "EC", "EC-HSM", "oct", "oct-HSM"]),
  key_ops: z.array(z.string()).nullish(),
  crv: z.enum(curveNames).nullish(),
  key_hsm: bytesSchema.nullish(),
  k: bytesSchema.nullish(),
});

const bodySchema = z.object({
  Hsm: z.boolean().nullish(),
  key: jwkSchema,
  ...settingsFields,
});

type ImportedJwk = z.infer<typeof bodySchema>["key"];

/** ImportKey: a JSON web key in clear, or a key transfer blob in `key_hsm`. Over a name that exists it makes a new version. */
export const importKey: VaultOperation = (call) => {
  requireName(call.name);
  const body = readBody(call.body, bodySchema);
  const { key: jwk } = body;
  const kty = requireKeyType(targetType(jwk.kty, body.Hsm ?? false), call.vault.tier);
  const curve = jwk.crv ?? null;
  const settings = applySettings(body, freshSettings);
  const operations = readOperations(jwk.key_ops, kty);
  existingKey(call);
  const { material, trailingZeroBytes } = readMaterial(call, jwk, kty, curve);
  const version = {
    ...versionStamp(call.now),
    ...settings,
    tags: { ...settings.tags },
    kty,
    curve: kty.startsWith("EC") ? curve : null,
    material: material.toString("base64"),
    operations,
    trailingZeroBytes,
  };
  return bundle(call.vault, addVersion(call, version), version);
};

/** A key becomes HSM-protected by its type or by the flag `Hsm`; clients set either. */
function targetType(kty: ImportedJwk["kty"], hsm: boolean): KeyType | "oct" {
  if (!hsm) return kty;
  switch (kty) {
    case "RSA":
      return "RSA-HSM";
    case "EC":
      return "EC-HSM";
    case "oct":
      return "oct-HSM";
    default:
      return kty;
  }
}

function readMaterial(call: VaultCall, jwk: ImportedJwk, kty: KeyType, curve: CurveName | null): TransferredKey {
  const family = kty === "oct-HSM" ? "oct" : kty.startsWith("RSA") ? "RSA" : "EC";
  if (family === "EC" && curve === null) throw badParameter("Property key.crv is missing.");
  const blob = jwk.key_hsm ?? undefined;
  if (blob !== undefined && (jwk.d ?? jwk.k ?? undefined) !== undefined)
    throw badParameter("A key is imported in clear or as a key transfer blob (key_hsm), not both.");
  const read = blob === undefined ? readClear(jwk, family) : openByokFile(call, blob, family);
  if (family !== "oct") {
    requireKeyPair(createPrivateKey({ key: read.material, format: "der", type: "pkcs8" }), kty, curve);
  } else if (!octSizes.includes(read.material.length * 8)) {
    throw badParameter("The key size is not supported: 128, 192 or 256 bits.");
  }
  return read;
}

function readClear(jwk: ImportedJwk, family: "RSA" | "EC" | "oct"): TransferredKey {
  if (family !== "oct") {
    const key = readPrivateJwk(jwk, family);
    return { material: key.export({ format: "der", type: "pkcs8" }), trailingZeroBytes: 0 };
  }
  if (jwk.k === undefined || jwk.k === null) throw badParameter("Property key.k is missing.");
  return { material: jwk.k, trailingZeroBytes: 0 };
}

const privateParts = { RSA: ["n", "e", "d", "p", "q", "dp", "dq", "qi"], EC: ["x", "y", "d"] } as const;

function readPrivateJwk(jwk: ImportedJwk, family: "RSA" | "EC"): KeyObject {
  const parts = privateParts[family].map((name) => {
    const value = bytesSchema.safeParse(jwk[name]);
    if (!value.success || value.data.length === 0)
      throw badParameter(`Property key.${name} is missing or not base64url.`);
    return [name, value.data.toString("base64url")] as const;
  });
  // JSON web keys call the curve of Bitcoin by its name in SEC 2 (RFC 8812).
  const crv = family === "EC" ? { crv: jwk.crv === "P-256K" ? "secp256k1" : (jwk.crv ?? "") } : {};
  try {
    return createPrivateKey({ key: { kty: family, ...crv, ...Object.fromEntries(parts) }, format: "jwk" });
  } catch {
    throw badParameter(`The key is not a valid ${family} key, or its public and private parts do not match.`);
  }
}
