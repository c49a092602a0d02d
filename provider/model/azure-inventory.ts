import { z } from "zod";
import type { OwnKeys } from "./inventory";
import { ownershipTags, wrappingKeyTag } from "./owner";
import type { DeletedVaultKey, KeyVersionFacts, VaultRotationPolicy } from "./ports/key-vault";
import type { ListedVaultKey } from "./ports/vault-inventory";

/**
 * Who keeps a key of a vault. `a stack`: it has our tags, and whoever lists does not know which keys are its own. `a certificate`: Key Vault made it
 * for one.
 */
export const azureKeyManagers = ["this stack", "another stack", "a stack", "a certificate", "nobody"] as const;
export type AzureKeyManager = (typeof azureKeyManagers)[number];

const versionRecord = z.object({
  id: z.string(),
  enabled: z.boolean(),
  /** Dates are ISO 8601. */
  createdOn: z.string(),
  notBefore: z.string().optional(),
  expiresOn: z.string().optional(),
  /** The number that our tags give it. */
  number: z.number().optional(),
});
export type AzureVersionRecord = z.infer<typeof versionRecord>;

/** One key of a vault, as it is listed, written to files and kept in state. */
export const azureInventoryRecordSchema = z.object({
  name: z.string(),
  /** `https://HOST/keys/NAME`. */
  keyId: z.string(),
  state: z.enum(["Enabled", "Disabled", "Deleted"]),
  managedBy: z.enum(azureKeyManagers),
  /** Name of the resource of this stack that the key belongs to. */
  resource: z.string().optional(),
  /** True: imports of a group are wrapped under it, and it does nothing else. */
  wrappingKey: z.boolean().optional(),
  /** `RSA`, `RSA-HSM`, `EC`, `EC-HSM`, `oct-HSM`; of the newest version, as all that follows. */
  kty: z.string().optional(),
  curve: z.string().optional(),
  bits: z.number().optional(),
  protection: z.enum(["software", "hsm"]).optional(),
  operations: z.array(z.string()).optional(),
  tags: z.record(z.string(), z.string()).optional(),
  /** ISO 8601 durations, as Azure keeps them. */
  rotation: z
    .object({
      rotateAfter: z.string().optional(),
      rotateBeforeExpiry: z.string().optional(),
      expiresAfter: z.string().optional(),
      notifyBefore: z.string().optional(),
    })
    .optional(),
  /** Oldest first. */
  versions: z.array(versionRecord).default([]),
  /** ISO 8601; of a soft-deleted key. */
  deletedOn: z.string().optional(),
  /** ISO 8601; when Azure purges it. */
  scheduledPurgeDate: z.string().optional(),
  /** Key permissions that the caller lacks; what they would tell is absent. */
  denied: z.array(z.string()).optional(),
  /** ISO 8601; the first listing in which the key was not there any more. */
  goneSince: z.string().optional(),
});
export type AzureInventoryRecord = z.infer<typeof azureInventoryRecordSchema>;

/** What a key of a vault is known by from one listing to the next: names differ by more than case. */
export const azureIdentity = ({ keyId }: Pick<AzureInventoryRecord, "keyId">): string => keyId.toLowerCase();

/** What is recorded of a listed key. */
export function azureInventoryRecord(key: ListedVaultKey, own: OwnKeys): AzureInventoryRecord {
  const { name, keyId, enabled, tags, type, versions, rotation, denied } = key;
  return {
    name,
    keyId,
    state: enabled ? "Enabled" : "Disabled",
    ...ownershipOf(key, own),
    ...(type === undefined
      ? {}
      : {
          ...type,
          operations: [...type.operations],
          protection: type.kty.endsWith("-HSM") ? ("hsm" as const) : ("software" as const),
        }),
    ...(Object.keys(tags).length === 0 ? {} : { tags: { ...tags } }),
    ...(rotation === undefined || !hasAny(rotation) ? {} : { rotation }),
    versions: versions.map(versionIn),
    ...(denied.length === 0 ? {} : { denied: [...denied] }),
  };
}

/** What is recorded of a soft-deleted key; Azure lists none of its versions until it is recovered. */
export function deletedInventoryRecord(key: DeletedVaultKey, keyId: string, own: OwnKeys): AzureInventoryRecord {
  const { name, tags, deletedOn, scheduledPurgeDate } = key;
  return {
    name,
    keyId,
    state: "Deleted",
    ...ownershipOf({ keyId, tags, ofCertificate: false }, own),
    ...(Object.keys(tags).length === 0 ? {} : { tags: { ...tags } }),
    versions: [],
    deletedOn: deletedOn.toISOString(),
    scheduledPurgeDate: scheduledPurgeDate.toISOString(),
  };
}

type Ownership = Pick<AzureInventoryRecord, "managedBy" | "resource" | "wrappingKey">;

function ownershipOf(
  { keyId, tags, ofCertificate }: Pick<ListedVaultKey, "keyId" | "tags" | "ofCertificate">,
  own: OwnKeys,
): Ownership {
  if (ofCertificate) return { managedBy: "a certificate" };
  const wraps = tags[wrappingKeyTag] !== undefined;
  const resource = own.resources.get(tags[ownershipTags.lineage] ?? "") ?? own.resources.get(keyId.toLowerCase());
  const ours = wraps || tags[ownershipTags.lineage] !== undefined || tags[ownershipTags.owner] !== undefined;
  const managedBy =
    resource !== undefined ? "this stack" : !ours ? "nobody" : own.told ? "another stack" : ("a stack" as const);
  return { managedBy, ...(resource === undefined ? {} : { resource }), ...(wraps ? { wrappingKey: true } : {}) };
}

const hasAny = (policy: VaultRotationPolicy): boolean =>
  [policy.rotateAfter, policy.rotateBeforeExpiry, policy.expiresAfter].some((each) => each !== undefined);

function versionIn({ id, enabled, createdOn, notBefore, expiresOn, tags }: KeyVersionFacts): AzureVersionRecord {
  const number = Number(tags[ownershipTags.version]);
  return {
    id,
    enabled,
    createdOn: createdOn.toISOString(),
    ...(notBefore === undefined ? {} : { notBefore: notBefore.toISOString() }),
    ...(expiresOn === undefined ? {} : { expiresOn: expiresOn.toISOString() }),
    ...(Number.isInteger(number) && number > 0 ? { number } : {}),
  };
}
