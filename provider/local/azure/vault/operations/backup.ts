import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { z } from "zod";
import { badParameter, conflict } from "../../azure-error";
import { type LocalVault } from "../../options";
import { azureRecords } from "../../records";
import type { VaultCall, VaultOperation } from "../call";
import { existingKey, requireKey } from "../find-key";
import { bundle, newest } from "../key-bundle";
import { bytesSchema, readBody } from "../read-body";

const contentSchema = z.object({
  subscriptionId: z.string(),
  location: z.string(),
  /** Name of the managed HSM whose security domain it belongs to; null for vaults. */
  securityDomain: z.string().nullable(),
  key: azureRecords.schema,
});

const securityDomainOf = ({ tier, name }: LocalVault): string | null =>
  tier === "managed-hsm" ? name.toLowerCase() : null;

/** BackupKey: all versions, sealed by the service. */
export const backupKey: VaultOperation = (call) => {
  const key = requireKey(call);
  const { subscriptionId, location } = call.vault;
  const content = { subscriptionId, location, securityDomain: securityDomainOf(call.vault), key };
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", call.vaults.sealingKey, iv);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(content), "utf8"), cipher.final()]);
  return { value: Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url") };
};

/** RestoreKey: under the same name only, over no key, in the same subscription and geography. */
export const restoreKey: VaultOperation = (call) => {
  const { value } = readBody(call.body, z.object({ value: bytesSchema }));
  const { key, subscriptionId, location, securityDomain } = open(call, value);
  const { vault } = call;
  if (subscriptionId !== vault.subscriptionId || location !== vault.location)
    throw badParameter("The backup was made in another subscription or geography and cannot be restored here.");
  if (securityDomain !== securityDomainOf(vault))
    throw badParameter("The backup belongs to another security domain and cannot be restored here.");
  if (vault.tier === "standard" && key.versions.some(({ kty }) => kty.endsWith("-HSM")))
    throw badParameter("The backup holds HSM-protected keys, and this vault's SKU is standard.");
  if (existingKey({ ...call, name: key.name }) !== undefined)
    throw conflict(`The key ${key.name} already exists in this vault and cannot be restored.`);
  const restored = { ...key, vault: vault.name, deleted: null, settlingUntil: 0, purging: false };
  call.vaults.store.put(restored);
  return bundle(vault, restored, newest(restored));
};

function open({ vaults }: VaultCall, backup: Buffer): z.infer<typeof contentSchema> {
  try {
    const decipher = createDecipheriv("aes-256-gcm", vaults.sealingKey, backup.subarray(0, 12));
    decipher.setAuthTag(backup.subarray(12, 28));
    const text = Buffer.concat([decipher.update(backup.subarray(28)), decipher.final()]).toString("utf8");
    return contentSchema.parse(JSON.parse(text));
  } catch {
    throw badParameter("The backup is not valid.");
  }
}
