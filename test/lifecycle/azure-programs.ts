import type { PlainRecord } from "../../provider/lifecycle/contract";
import { tenantId, vaultUrl } from "./fake-key-vault";
import { sourceRecord, type EngineResource } from "./lifecycle-world";

/** A source key that may go to the fake vault. */
export const signingSource: PlainRecord = {
  ...sourceRecord,
  name: "signing",
  spec: "RSA_3072",
  group: { ...sourceRecord.group, allowedTargets: [{ azure: { tenantId, vaults: [vaultUrl] } }] },
};

export const vaultGroup: PlainRecord = {
  name: "vault",
  cloud: "public",
  tenantId,
  tier: "premium",
  kek: { size: 4096, lifetime: "group" },
  vaultUrl,
};

/** Inputs of a key as the SDK class hands them over. */
export const azureProgram = (more: PlainRecord = {}): PlainRecord => ({
  group: vaultGroup,
  wrappingKey: { id: `${vaultUrl}/keys/byok-kek-1/${"b".repeat(32)}`, publicKeySha256: "c".repeat(64) },
  material: { source: signingSource },
  tags: { team: "ledger" },
  self: "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:AzureKey::signing",
  organization: "acme",
  ...more,
});

/** What a backup or a schedule carries of a key that exists. */
export const recordOfKey = (key: EngineResource, more: PlainRecord = {}): PlainRecord => ({
  name: String(key.outputs["name"]),
  keyName: key.outputs["name"],
  lineage: key.id,
  owner: key.outputs["owner"],
  version: key.outputs["version"],
  spec: key.outputs["spec"],
  protection: key.outputs["protection"],
  group: vaultGroup,
  ...more,
});
