import { createHash } from "node:crypto";
import { backupTag } from "./backup-tag";

/** Tags that mark a KMS key as made and kept by this package; they are set in CreateKey itself. */
export const ownershipTags = {
  /** Random; the id of the resource that the key belongs to. */
  lineage: "byok:lineage",
  /** Hash of organisation, URN, account and Region: what a create looks for after a crash. */
  owner: "byok:owner",
  /** Version of the source key whose material the key holds. */
  version: "byok:version",
  /** Digest that tells the material's origin; only on keys whose version is not simply that of their source key. */
  material: "byok:material",
  /** While AWS rotates its own material in place: the version to come, and the material that it replaces. */
  rotating: "byok:rotating",
  /** On a former version in Azure: what disabled it; written with the change itself, so that no run that dies in between forgets it. */
  disabled: "byok:disabled",
  /** While a removal that recovered a key in Azure disables its versions: tells its own unfinished work from a recovery by hand. */
  returning: "byok:returning",
} as const;

/** Marks a key of a vault as a wrapping key of ours: the owner hash of what it was made for. */
export const wrappingKeyTag = "byok:kek";

/** How the names of our wrapping keys begin; what follows is random. */
export const wrappingKeyPrefix = "byok-kek-";

const ownershipKeys: readonly string[] = [...Object.values(ownershipTags), wrappingKeyTag, backupTag];

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

/** How owner hashes of source keys begin: the token itself then remembers what a key may be used for. */
const marks = { real: "00", lab: "1a", realInClear: "0e", labInClear: "1e" } as const;

/** What a source key was made for; it holds for all of its versions. */
export interface SourcePurpose {
  /** Made in a group with lab: true. */
  readonly lab: boolean;
  /** Made to leave the token in clear as well. */
  readonly plaintextExport?: boolean | undefined;
}

/**
 * The owner hash of a source key, 32 hex digits. It begins with a mark that tells whether the key belongs to a lab, and whether it may leave in clear, so that
 * neither a lost or altered state nor another source group on the same token can turn a key into one of another kind.
 */
export function sourceOwner(facts: OwnerFacts, { lab, plaintextExport = false }: SourcePurpose): string {
  const mark = plaintextExport ? (lab ? marks.labInClear : marks.realInClear) : lab ? marks.lab : marks.real;
  return `${mark}${ownerHash(facts).slice(2)}`;
}

const beginsWith = (owner: string, ...wanted: readonly string[]): boolean =>
  wanted.some((mark) => owner.startsWith(mark));

/** True where a source key was made in a group with lab: true. */
export const isLabOwner = (owner: string): boolean => beginsWith(owner, marks.lab, marks.labInClear);

/** True where a source key was made with plaintextExport: true. */
export const mayLeaveInClear = (owner: string): boolean => beginsWith(owner, marks.realInClear, marks.labInClear);

/** The owner hash, 32 hex digits. It is no secret; it only has to differ wherever organisation, URN or place differ. */
export function ownerHash(facts: OwnerFacts): string {
  const text = JSON.stringify(["byok owner 1", facts.organization, facts.urn, facts.place ?? null]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
