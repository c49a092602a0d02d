import { createHash } from "node:crypto";

/** Tags that mark a KMS key as made and kept by this package; they are set in CreateKey itself. */
export const ownershipTags = {
  /** Random; the id of the resource that the key belongs to. */
  lineage: "byok:lineage",
  /** Hash of organisation, URN, account and Region: what a create looks for after a crash. */
  owner: "byok:owner",
  /** Version of the source key whose material the key holds. */
  version: "byok:version",
} as const;

const ownershipKeys: readonly string[] = Object.values(ownershipTags);

/** True for tag keys that this package writes itself. */
export const isOwnershipTag = (key: string): boolean => ownershipKeys.includes(key);

/** Who makes something, and for which place. */
export interface OwnerFacts {
  readonly organization: string;
  /** Holds project, stack, type and name. */
  readonly urn: string;
  /** For a cloud key: `account/Region`. */
  readonly place?: string | undefined;
}

/** The owner hash, 32 hex digits. It is no secret; it only has to differ wherever organisation, URN or place differ. */
export function ownerHash(facts: OwnerFacts): string {
  const text = JSON.stringify(["byok owner 1", facts.organization, facts.urn, facts.place ?? null]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
