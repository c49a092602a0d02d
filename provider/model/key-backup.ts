import { createHash } from "node:crypto";
import { z } from "zod";
import { sameKeyName } from "./azure-key-name";

/** One version of a key as a backup holds it. */
export interface BackedUpVersion {
  /** The number that this package gave it; absent of a version that somebody else made. */
  readonly version?: number | undefined;
  /** As Azure names it, 32 hex digits. */
  readonly keyVersion: string;
  /** ISO 8601. */
  readonly createdOn: string;
}

const versionSchema: z.ZodType<BackedUpVersion> = z.strictObject({
  version: z.int().positive().optional(),
  keyVersion: z.string(),
  createdOn: z.string(),
});

/** What stands beside a backup file, because Azure's encryption lets nobody see what is in it. It is no secret. */
const descriptionSchema = z.strictObject({
  format: z.literal("pulumi-byok key backup 1"),
  vaultUrl: z.string(),
  keyName: z.string(),
  /** Owner hash of the resource that keeps the key. */
  owner: z.string(),
  /** Oldest first. */
  versions: z.array(versionSchema),
  /** SHA-256 (hex) of the backup file that this describes. */
  sha256: z.string(),
  /** ISO 8601. */
  backedUpAt: z.string(),
});
export type BackupDescription = Readonly<z.infer<typeof descriptionSchema>>;

/** Where the description of a backup file stands. */
export const descriptionFile = (file: string): string => `${file}.json`;

/** A description as its file holds it. */
export const writtenDescription = (description: Omit<BackupDescription, "format">): Buffer =>
  Buffer.from(`${JSON.stringify({ format: "pulumi-byok key backup 1", ...description }, undefined, 2)}\n`);

/** What a description says of a backup file; undefined where it is none, or belongs to another content of the file. */
export function describedBackup(text: Buffer | undefined, sha256: string): BackupDescription | undefined {
  const described = text === undefined ? undefined : descriptionIn(text);
  return described?.sha256 === sha256 ? described : undefined;
}

/** The description of a backup that a text is, whichever backup it describes. */
export function descriptionIn(text: Buffer): BackupDescription | undefined {
  try {
    return descriptionSchema.safeParse(JSON.parse(text.toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

/** The output `covers`, oldest first; empty where there is none. */
export const backedUpVersionsIn = (outputs: { readonly covers?: unknown }): readonly BackedUpVersion[] =>
  z.array(versionSchema).safeParse(outputs.covers).data ?? [];

/** True where a description is of the key that a resource keeps. */
export const describesKeyOf = (
  { keyName, owner }: Pick<BackupDescription, "keyName" | "owner">,
  key: { readonly keyName: string; readonly owner: string },
): boolean => sameKeyName(keyName, key.keyName) && owner === key.owner;

/** Versions of the one list that the other lacks. */
export const lackingIn = <T extends { readonly keyVersion: string }>(
  wanted: readonly T[],
  held: readonly { readonly keyVersion: string }[],
): readonly T[] => wanted.filter(({ keyVersion }) => !held.some((each) => each.keyVersion === keyVersion));

/** Where a backup can be restored. Source: "Azure Key Vault backup" (vaults), "Full backup and restore" (Managed HSM). */
export const restorableIn = (vaultUrl: string, tier: string): string =>
  tier === "managed-hsm"
    ? `managed HSMs with the security domain of ${vaultUrl}`
    : `vaults in the subscription and the geography of ${vaultUrl}`;

export const sha256Of = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

/** `1 version`, `3 versions`. */
export const versionCount = (versions: readonly unknown[]): string =>
  `${versions.length} version${versions.length === 1 ? "" : "s"}`;
