import { z } from "zod";
import { fileEncodings, fileWraps } from "../model/file-wrap";
import { keySpecs } from "../model/key-spec";
import type { Fingerprint, MaterialFile, VersionRef } from "../model/ports/custodian";
import type { SourceRules } from "../model/source-rules";

// What requests of both clouds are made of.

export const spec = z.enum(keySpecs);
export const owner = z.string().regex(/^[0-9a-f]{32}$/);
export const version = z.int().min(1).max(999_999_999);
export const isoDate = z.iso.datetime({ offset: true });
export const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
export const url = z.string().refine((text) => URL.canParse(text));
export const texts = z.record(z.string(), z.string());

export const versionFields = { owner, version };
export const versionRef: z.ZodType<VersionRef> = z.strictObject(versionFields);

export const fingerprint: z.ZodType<Fingerprint> = z.strictObject({
  method: z.enum(["sha256", "mac", "spki"]),
  value: hex(64),
});

export const rules: z.ZodType<SourceRules> = z.strictObject({
  allowedTargets: z.array(
    z.union([
      z.strictObject({
        aws: z.strictObject({
          account: z.string(),
          regions: z.array(z.string()),
          host: z.string().optional(),
          caSha256: z.string().optional(),
        }),
      }),
      z.strictObject({
        azure: z.strictObject({
          tenantId: z.string(),
          vaults: z.array(z.string()),
          caSha256: z.string().optional(),
        }),
      }),
    ]),
  ),
  lab: z.boolean(),
  minOaepHash: z.enum(["sha1", "sha256"]),
  compromisedSince: z.string().exactOptional(),
});

export const materialFile: z.ZodType<MaterialFile> = z.strictObject({
  path: z.string().min(1),
  encoding: z.enum(fileEncodings),
  kek: versionRef.exactOptional(),
  wrap: z.enum(fileWraps).exactOptional(),
  keptAs: z.string().exactOptional(),
});

export const tlsSettings = z
  .strictObject({
    caFile: z.string().optional(),
    clientCertFile: z.string().optional(),
    clientKeyFile: z.string().optional(),
    validateHostname: z.boolean().optional(),
  })
  .optional();
