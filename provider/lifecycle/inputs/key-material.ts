import { z } from "zod";
import { fileEncodings, fileWraps } from "../../model/file-wrap";
import { isRecord } from "../is-record";
import { sharedRecord } from "./shared-record";
import { keySpecSchema } from "./shared-shapes";
import { sourceGroupRecord } from "./source-group-inputs";
import { sourceKeyRecord } from "./source-key-inputs";

/** The token made the material. */
const fromSource = z.strictObject({ source: sharedRecord(sourceKeyRecord) });

/** Somebody handed the material over in a file. */
const fromFile = z.strictObject({
  file: z.string().min(1),
  encoding: z.enum(fileEncodings),
  spec: keySpecSchema,
  /** The key of the token under which the file is encrypted. */
  kek: sourceKeyRecord.optional(),
  wrap: z.enum(fileWraps).optional(),
  /** The token that takes a file in clear in. */
  group: sourceGroupRecord.optional(),
  allowPlaintext: z.boolean().optional(),
  keepInToken: z.boolean().optional(),
});
export type FileMaterialInputs = z.infer<typeof fromFile>;

/** AWS makes the material, and nobody else ever has it. */
const native = z.strictObject({
  native: z.literal(true, { error: "must be true, or left out for material of your own." }),
  spec: keySpecSchema.default("AES_256"),
});

/** Somebody wrapped the material for one vault of Azure, elsewhere. */
const fromByokFile = z.strictObject({
  byok: z.string().min(1),
  spec: keySpecSchema,
  /** File with the public key that the material has to have. */
  publicKey: z.string().min(1).optional(),
});
export type ByokMaterialInputs = z.infer<typeof fromByokFile>;

export type KeyMaterialInputs = z.infer<typeof fromSource> | FileMaterialInputs | z.infer<typeof native>;
export type AzureKeyMaterialInputs = KeyMaterialInputs | ByokMaterialInputs;

const forms = { source: fromSource, file: fromFile, native } as const;

/** Where the material of a key of AWS comes from. */
export const keyMaterialSchema: z.ZodType<KeyMaterialInputs> = oneForm<KeyMaterialInputs>(forms, {
  byok: "is a file for one vault of Azure, which nothing but that vault opens. Have the key wrapped for your token instead (material.file with kek), or use an AzureKey.",
});

/** Where the material of a key of Azure comes from. */
export const azureKeyMaterialSchema: z.ZodType<AzureKeyMaterialInputs> = oneForm<AzureKeyMaterialInputs>(
  { ...forms, byok: fromByokFile },
  {},
);

/**
 * Exactly one form, and complaints about that form alone.
 *
 * @param elsewhere - forms of the other cloud, and why this one has none
 */
function oneForm<T>(
  known: Readonly<Record<string, z.ZodType<T>>>,
  elsewhere: Readonly<Record<string, string>>,
): z.ZodType<T> {
  const names = Object.keys(known);
  return z.unknown().transform((value, context): T => {
    const complain = (message: string, path: PropertyKey[] = []): void => {
      context.addIssue({ code: "custom", path, message });
    };
    const named = isRecord(value)
      ? [...names, ...Object.keys(elsewhere)].filter((name) => value[name] !== undefined)
      : [];
    const [form, other] = named;
    if (form === undefined || other !== undefined) {
      complain(
        form === undefined
          ? `says where the key material comes from: name ${names.slice(0, -1).join(", ")} or ${names.slice(-1).join("")}.`
          : `names ${named.join(" and ")}: material comes from one place. Leave one of them.`,
      );
      return z.NEVER;
    }
    const schema = known[form];
    if (schema === undefined) {
      complain(elsewhere[form] ?? "", [form]);
      return z.NEVER;
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      for (const { path, message } of complaintsOf(issue, value)) complain(message, path);
    }
    return z.NEVER;
  });
}

/** A form's complaint as {@link validate} would say it of a record of its own. */
function complaintsOf(
  issue: z.core.$ZodIssue,
  value: unknown,
): readonly { readonly path: PropertyKey[]; readonly message: string }[] {
  if (issue.code === "unrecognized_keys") {
    const message = "there is no such property. Correct its name, or remove it.";
    return issue.keys.map((key) => ({ path: [...issue.path, key], message }));
  }
  const [name] = issue.path;
  const isMissing =
    issue.path.length === 1 && name !== undefined && isRecord(value) && Reflect.get(value, name) === undefined;
  return [{ path: [...issue.path], message: isMissing ? "is required." : issue.message }];
}
