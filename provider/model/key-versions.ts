import { z } from "zod";
import type { TokenConnection } from "./token";

/** What becomes of a former KMS key after a rotation with `rotationMode: "new-key"`. */
export const afterRotations = ["keep", "disable", "scheduleDeletion"] as const;
export type AfterRotation = (typeof afterRotations)[number];

/** Where the material of a version came from: the token (`HSM`), a file (`EXTERNAL`) or AWS (`AWS_KMS`). */
export const materialOrigins = ["HSM", "EXTERNAL", "AWS_KMS"] as const;
export type MaterialOrigin = (typeof materialOrigins)[number];

/** The origin of a version's material, and where the token that holds it remembers the copy. */
export interface VersionOrigin {
  readonly origin: MaterialOrigin;
  /** Name of the source key, or the file. */
  readonly source?: string | undefined;
  /** Owner hash and version under which a token holds the material. */
  readonly owner?: string | undefined;
  readonly sourceVersion?: number | undefined;
  /** How that token is reached. */
  readonly token?: TokenConnection | undefined;
}

/** One version of a copied key: a KMS key of its own, or a further material of the same KMS key. */
export interface KeyVersion {
  /** Version of the key; of material that came from one source key all along, the version of that. */
  readonly version: number;
  readonly keyId: string;
  readonly arn: string;
  /** KeyMaterialId; symmetric keys only. */
  readonly keyMaterialId?: string | undefined;
  /** Fingerprint of the source version (method and digest); only the same material is ever imported again. */
  readonly fingerprint?: string | undefined;
  /** KeyState of its KMS key as last seen; `Destroyed` once AWS has deleted it. */
  readonly keyState: string;
  /** ISO 8601; when its material was imported. */
  readonly importedAt?: string | undefined;
  /** What is done with the KMS key of a former version; absent while the version is the newest, and for materials of one KMS key. */
  readonly afterRotation?: AfterRotation | undefined;
  /** ISO 8601; when the former KMS key was disabled. */
  readonly disabledAt?: string | undefined;
  /** ISO 8601; when AWS deletes, or has deleted, the former KMS key. */
  readonly deletionDate?: string | undefined;
  /** Where its material came from; absent where it is the source key that the resource names, in the version of the same number. */
  readonly from?: VersionOrigin | undefined;
}

const token: z.ZodType<TokenConnection> = z.object({
  module: z.string(),
  label: z.string().optional(),
  serial: z.string().optional(),
  pin: z.string(),
  environment: z.record(z.string(), z.string()).optional(),
  parameters: z.string().optional(),
});

const from: z.ZodType<VersionOrigin> = z.object({
  origin: z.enum(materialOrigins),
  source: z.string().optional(),
  owner: z.string().optional(),
  sourceVersion: z.number().optional(),
  token: token.optional(),
});

const keyVersions = z.array(
  z.object({
    version: z.number(),
    keyId: z.string(),
    arn: z.string(),
    keyMaterialId: z.string().optional(),
    fingerprint: z.string().optional(),
    keyState: z.string(),
    importedAt: z.string().optional(),
    afterRotation: z.enum(afterRotations).optional(),
    disabledAt: z.string().optional(),
    deletionDate: z.string().optional(),
    from: from.optional(),
  }),
);

/** The output `versions`, oldest first; empty where there is none. */
export const keyVersionsIn = (outputs: { readonly versions?: unknown }): readonly KeyVersion[] =>
  keyVersions.safeParse(outputs.versions).data ?? [];

/** Versions whose KMS key is another one than the present one. */
export const formerKeys = (versions: readonly KeyVersion[], keyId: string): readonly KeyVersion[] =>
  versions.filter((version) => version.keyId !== keyId);

/** Versions whose materials the present KMS key holds, oldest first: more than one after a rotation in place. */
export const materialsOf = (versions: readonly KeyVersion[], keyId: string): readonly KeyVersion[] =>
  versions.filter((version) => version.keyId === keyId);

const dayInMs = 86_400_000;

/** What is due for a former KMS key at a moment. */
export type Retirement =
  { readonly act: "disable" } | { readonly act: "schedule-deletion" } | { readonly act: "wait"; readonly until: Date };

/**
 * The next act for a former KMS key, or undefined where all is done. Each act is done once: whoever enables the key again by hand, or
 * cancels its deletion, is not overruled by the next run.
 */
export function retirementOf(version: KeyVersion, disableDays: number, now: Date): Retirement | undefined {
  if (version.afterRotation === undefined || version.afterRotation === "keep") return undefined;
  if (version.keyState === "Destroyed" || version.deletionDate !== undefined) return undefined;
  if (version.disabledAt === undefined) return { act: "disable" };
  if (version.afterRotation === "disable") return undefined;
  const until = new Date(Date.parse(version.disabledAt) + disableDays * dayInMs);
  return until.getTime() <= now.getTime() ? { act: "schedule-deletion" } : { act: "wait", until };
}
