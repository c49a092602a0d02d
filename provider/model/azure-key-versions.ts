import { z } from "zod";
import type { TokenConnection } from "./token";

/** Where the material of a version came from: the token (`HSM`), a file (`EXTERNAL`) or Azure (`AZURE`). */
export const azureMaterialOrigins = ["HSM", "EXTERNAL", "AZURE"] as const;
export type AzureMaterialOrigin = (typeof azureMaterialOrigins)[number];

/** What becomes of a version once a newer one is there. */
export const afterAzureRotations = ["keep", "disable"] as const;
export type AfterAzureRotation = (typeof afterAzureRotations)[number];

/** One version of a key of a vault. */
export interface AzureKeyVersion {
  /** Version of the key, counted by this package; of material that came from one source key all along, the version of that. */
  readonly version: number;
  /** As Azure names it, 32 hex digits. */
  readonly keyVersion: string;
  /** `https://HOST/keys/NAME/VERSION`. */
  readonly id: string;
  readonly enabled: boolean;
  /** What disabled it: a rotation, or `enabled: false` of the key; absent while it is enabled, or where somebody else did. */
  readonly disabledBy?: "rotation" | "key" | undefined;
  readonly createdOn: string;
  readonly notBefore?: string | undefined;
  readonly expiresOn?: string | undefined;
  readonly origin: AzureMaterialOrigin;
  /** Name of the source key, or the file. */
  readonly source?: string | undefined;
  /** Owner hash and version under which a token holds the material. */
  readonly sourceOwner?: string | undefined;
  readonly sourceVersion?: number | undefined;
  /** How that token is reached, of a version that the key has left behind for another source. */
  readonly token?: TokenConnection | undefined;
  /** Method, colon, digest; only the same material is ever imported again. */
  readonly fingerprint?: string | undefined;
  /** ISO 8601; when sameness was shown last. */
  readonly provedAt?: string | undefined;
}

const entry: z.ZodType<AzureKeyVersion> = z.object({
  version: z.number(),
  keyVersion: z.string(),
  id: z.string(),
  enabled: z.boolean(),
  disabledBy: z.enum(["rotation", "key"]).optional(),
  createdOn: z.string(),
  notBefore: z.string().optional(),
  expiresOn: z.string().optional(),
  origin: z.enum(azureMaterialOrigins),
  source: z.string().optional(),
  sourceOwner: z.string().optional(),
  sourceVersion: z.number().optional(),
  token: z
    .object({
      module: z.string(),
      label: z.string().optional(),
      serial: z.string().optional(),
      pin: z.string(),
      environment: z.record(z.string(), z.string()).optional(),
      parameters: z.string().optional(),
    })
    .optional(),
  fingerprint: z.string().optional(),
  provedAt: z.string().optional(),
});

/** The output `versions`, oldest first; empty where there is none. */
export const azureVersionsIn = (outputs: { readonly versions?: unknown }): readonly AzureKeyVersion[] =>
  z.array(entry).safeParse(outputs.versions).data ?? [];
