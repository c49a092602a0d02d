import { z } from "zod";
import { badParameter } from "../../azure-error";
import { type KeyType, curveNames } from "../../records";
import type { LocalVaultTier } from "../../options";
import { type VaultOperation, secondsOf } from "../call";
import { existingKey, requireName } from "../find-key";
import { bundle } from "../key-bundle";
import { type KeyShape, generateMaterial, octSizes, rsaSizes } from "../key-material";
import { addVersion, versionStamp } from "../new-version";
import { readBody } from "../read-body";
import { applySettings, freshSettings, readOperations, settingsFields } from "../version-settings";

const bodySchema = z.object({
  kty: z.enum(["RSA", "RSA-HSM", "EC", "EC-HSM", "oct", "oct-HSM"]),
  key_size: z.int().nullish(),
  public_exponent: z.int().nullish(),
  key_ops: z.array(z.string()).nullish(),
  crv: z.enum(curveNames).nullish(),
  ...settingsFields,
});

/** CreateKey: over a name that exists it makes a new version. */
export const createKey: VaultOperation = async (call) => {
  requireName(call.name);
  const body = readBody(call.body, bodySchema);
  const kty = requireKeyType(body.kty, call.vault.tier);
  const shape = readShape(kty, body);
  const settings = applySettings(body, freshSettings);
  const operations = readOperations(body.key_ops, kty);
  const exponent = body.public_exponent ?? 65537;
  if (exponent !== 65537 && exponent !== 3) throw badParameter("Property public_exponent has invalid value.");
  const { exchangeKeyDays } = call.vaults.settings;
  const expires =
    operations.includes("import") && exchangeKeyDays !== undefined
      ? (settings.expires ?? secondsOf(call.now) + exchangeKeyDays * 86_400)
      : settings.expires;
  existingKey(call);
  const material = await generateMaterial(shape, exponent);
  const version = {
    ...versionStamp(call.now),
    ...settings,
    expires,
    tags: { ...settings.tags },
    kty,
    curve: shape.curve,
    material: material.toString("base64"),
    operations,
    trailingZeroBytes: 0,
  };
  return bundle(call.vault, addVersion(call, version), version);
};

/** Which key types a tier has: software keys in vaults, HSM keys in premium vaults and managed HSMs, oct keys in managed HSMs. */
export function requireKeyType(kty: KeyType | "oct", tier: LocalVaultTier): KeyType {
  if (kty === "oct") throw badParameter("Property kty has invalid value. Use oct-HSM, on a Managed HSM.");
  const isHsm = kty.endsWith("-HSM");
  if (tier === "managed-hsm" && !isHsm)
    throw badParameter(
      `Property kty has invalid value. A Managed HSM holds HSM-protected keys only, such as ${kty}-HSM.`,
    );
  if (tier !== "managed-hsm" && kty === "oct-HSM")
    throw badParameter("Property kty has invalid value. oct-HSM keys are supported by Managed HSM only.");
  if (tier === "standard" && isHsm)
    throw badParameter(
      "The key type is not supported: this vault's SKU is standard, and HSM-protected keys need premium.",
    );
  return kty;
}

function readShape(kty: KeyType, { key_size: size, crv }: z.infer<typeof bodySchema>): KeyShape {
  if (kty.startsWith("EC")) return { kty, curve: crv ?? "P-256", bits: 0 };
  if (crv !== undefined && crv !== null) throw badParameter(`Property crv has invalid value for ${kty} keys.`);
  const [bits, sizes] = kty === "oct-HSM" ? [size ?? 256, octSizes] : [size ?? 2048, rsaSizes];
  if (!sizes.includes(bits))
    throw badParameter(`Property key_size has invalid value. Supported sizes: ${sizes.join(", ")}.`);
  return { kty, curve: null, bits };
}
