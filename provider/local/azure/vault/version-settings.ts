import { z } from "zod";
import { badParameter } from "../azure-error";
import type { KeyType } from "../records";

const maximumDate = 2 ** 31 - 1;
/** Dates are int32 on the wire; a client that lets a later one wrap sends a negative number. */
const date = z.int("not a number of seconds").min(0, "before 1970").max(maximumDate, "not a 32-bit date");

const attributesSchema = z.object({
  enabled: z.boolean().nullish(),
  nbf: date.nullish(),
  exp: date.nullish(),
  exportable: z.boolean().nullish(),
});

const tagsSchema = z
  .record(z.string().min(1).max(256), z.string().max(256))
  .refine((tags) => Object.keys(tags).length <= 15, "more than 15 tags");

/** Members that create, import and update have in common. */
export const settingsFields = {
  attributes: attributesSchema.nullish(),
  tags: tagsSchema.nullish(),
  release_policy: z.unknown().optional(),
};

type Settings = z.infer<z.ZodObject<typeof settingsFields>>;

export interface VersionSettings {
  readonly enabled: boolean;
  readonly notBefore: number | null;
  readonly expires: number | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** What the request says over what stands there: null takes a date away, a member that is absent leaves it. */
export function applySettings(settings: Settings, before: VersionSettings): VersionSettings {
  const { attributes, tags, release_policy: releasePolicy } = settings;
  if ((attributes?.exportable ?? false) || (releasePolicy !== undefined && releasePolicy !== null))
    throw badParameter("Exportable keys and release policies are not available in this vault.");
  const { nbf, exp } = attributes ?? {};
  const after = {
    enabled: attributes?.enabled ?? before.enabled,
    notBefore: nbf === undefined ? before.notBefore : nbf,
    expires: exp === undefined ? before.expires : exp,
    tags: tags ?? before.tags,
  };
  if (after.notBefore !== null && after.expires !== null && after.expires <= after.notBefore)
    throw badParameter("The expiration date must be later than the activation date.");
  return after;
}

export const freshSettings: VersionSettings = { enabled: true, notBefore: null, expires: null, tags: {} };

const operationsByFamily: Readonly<Record<string, readonly string[]>> = {
  RSA: ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"],
  EC: ["sign", "verify"],
  oct: ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
};

/** The operations of a new version; `import` stands alone, and on RSA-HSM keys only (BYOK specification). */
export function readOperations(asked: readonly string[] | null | undefined, kty: KeyType): string[] {
  const possible = operationsByFamily[kty.replace("-HSM", "")] ?? [];
  if (asked === undefined || asked === null) return [...possible];
  const operations = [...new Set(asked)];
  if (operations.includes("import")) {
    if (kty !== "RSA-HSM" || operations.length > 1)
      throw badParameter(
        "Property key_ops has invalid value. import is for RSA-HSM keys, and mutually exclusive with all other key operations.",
      );
    return operations;
  }
  const other = operations.find((operation) => !possible.includes(operation));
  if (other !== undefined)
    throw badParameter(`Property key_ops has invalid value. ${other} is not an operation of ${kty} keys.`);
  return operations;
}
