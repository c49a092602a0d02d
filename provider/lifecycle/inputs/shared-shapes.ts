import { z } from "zod";
import { partitionOf } from "../../model/aws-partitions";
import { parseReference } from "../../model/references";
import { ByokError } from "../../model/errors";
import { keySpecs } from "../../model/key-spec";

/** A reference to a secret; `config:` only where the secret is a cloud credential. */
const reference = (kinds: readonly string[]): z.ZodType<string> =>
  z.string().superRefine((text, issues) => {
    try {
      const { kind } = parseReference(text);
      if (!kinds.includes(kind)) {
        issues.addIssue({
          code: "custom",
          message: `"${kind}:" references are not possible here. Use ${kinds.map((each) => `"${each}:"`).join(", ")}.`,
        });
      }
    } catch (error) {
      issues.addIssue({ code: "custom", message: error instanceof ByokError ? error.sentence : "is no reference." });
    }
  });

export const pinReference = reference(["file", "exec", "env"]);
export const credentialReference = reference(["file", "exec", "env", "config"]);

export const keySpecSchema = z.enum(keySpecs, {
  error: (issue) => `${JSON.stringify(issue.input)} is no key type. Choose one of ${keySpecs.join(", ")}.`,
});

export const accountSchema = z
  .string()
  .regex(/^\d{12}$/, { error: (issue) => `${JSON.stringify(issue.input)} is no AWS account: 12 digits, as a string.` });

export const regionSchema = z.string().refine((region) => partitionOf(region) !== undefined, {
  error: (issue) => `${JSON.stringify(issue.input)} is no AWS Region. Write a Region's code, such as "eu-central-1".`,
});

const url = z.string().refine(
  (text) => {
    try {
      const parsed = new URL(text);
      return (
        ["http:", "https:"].includes(parsed.protocol) &&
        parsed.username === "" &&
        parsed.password === "" &&
        parsed.search === ""
      );
    } catch {
      return false;
    }
  },
  { error: "must be an http:// or https:// URL without user, password or query." },
);

/** One URL for everything, or one for each service. */
export const endpointSchema = z.union([
  url,
  z.strictObject({ kms: url.optional(), sts: url.optional(), tagging: url.optional(), iam: url.optional() }),
]);

export const credentialsSchema = z.union([
  z.strictObject({ profile: z.string().min(1) }),
  z.strictObject({ csv: credentialReference }),
  z.strictObject({
    accessKeyId: credentialReference,
    secretAccessKey: credentialReference,
    sessionToken: credentialReference.optional(),
  }),
]);

/** Other credentials for what should not be in one hand. */
export const roleCredentialsSchema = z.strictObject({
  import: credentialsSchema.optional(),
  destroy: credentialsSchema.optional(),
  policy: credentialsSchema.optional(),
});

export const tlsSchema = z
  .strictObject({
    caFile: z.string().min(1).optional(),
    clientCertFile: z.string().min(1).optional(),
    clientKeyFile: z.string().min(1).optional(),
    validateHostname: z.boolean().optional(),
  })
  .refine((tls) => tls.validateHostname !== false || tls.caFile !== undefined, {
    path: ["validateHostname"],
    error: "cannot be false with public roots. Name the endpoint's authorities with caFile, or remove it.",
  })
  .refine((tls) => (tls.clientCertFile === undefined) === (tls.clientKeyFile === undefined), {
    error: "clientCertFile and clientKeyFile go together.",
  });

export const quotasSchema = z.record(z.string().regex(/^[A-Z][A-Za-z]+$/), z.number().positive());

export const tokenSchema = z
  .strictObject({
    module: z.string().min(1),
    label: z.string().min(1).max(32).optional(),
    serial: z.string().min(1).max(16).optional(),
    pin: pinReference,
    environment: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).optional(),
    parameters: z.string().optional(),
  })
  .refine((token) => token.label !== undefined || token.serial !== undefined, {
    error: "name the token by label, by serial, or by both.",
  });

const caSha256 = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, { error: "must be a SHA-256 digest: 64 hex digits." })
  .optional();

const azureEntry = z.strictObject({
  azure: z.strictObject({
    tenantId: z.string().min(1),
    vaults: z
      .array(
        z.string().refine((text) => URL.canParse(text) && new URL(text).protocol === "https:", {
          error: (issue) =>
            `${JSON.stringify(issue.input)} is no URL of a vault. Write for example "https://payments.vault.azure.net".`,
        }),
      )
      .min(1),
    caSha256,
  }),
});

const awsEntry = z.strictObject({
  aws: z.strictObject({
    account: accountSchema,
    regions: z.array(regionSchema).min(1),
    host: z.string().min(1).optional(),
    caSha256,
  }),
});

export const allowedTargetsSchema = z.array(z.union([awsEntry, azureEntry]));

export const abilitiesSchema = z.strictObject({
  oaepHashes: z.array(z.enum(["sha1", "sha256"])),
  keyWrapPadding: z.enum(["exact", "pads", "none"]),
  specs: z.array(z.enum(keySpecs)),
  fingerprint: z.enum(["digest-key", "mac"]),
  enforcesExtractable: z.boolean(),
  storesLinks: z.boolean(),
});

export const identitySchema = z.strictObject({
  label: z.string(),
  serial: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  firmware: z.string(),
});

/** What every resource class adds: its own URN and the organisation. */
export const selfShape = { self: z.string().optional(), organization: z.string().optional() } as const;

export const ownerSchema = z.string().regex(/^[0-9a-f]{32}$/, { error: "must be an owner hash: 32 hex digits." });
