import { z } from "zod";
import { windowFault } from "../../model/deletion-window";
import { keySpecFacts, keySpecs } from "../../model/key-spec";
import { policyFault } from "../../model/key-policy";
import { afterRotations } from "../../model/key-versions";
import { tagFaults } from "../../model/tags";
import { maxValidityDays } from "../../model/validity";
import { wrappingKeySpecs } from "../../model/wrapping";
import { rotationScheduleShape } from "./rotation-schedule-inputs";

const policy = z.string().superRefine((text, issues) => {
  const fault = policyFault(text);
  if (fault !== undefined) issues.addIssue({ code: "custom", message: fault });
});

const tags = z.record(z.string(), z.string()).superRefine((set, issues) => {
  for (const { key, reason } of tagFaults(set))
    issues.addIssue({ code: "custom", path: key === "" ? [] : [key], message: reason });
});

const windowInDays = z.number().superRefine((days, issues) => {
  const fault = windowFault(days);
  if (fault !== undefined) issues.addIssue({ code: "custom", message: fault });
});

/** A number of days, written as `350d`. */
const days = ({ most }: { readonly most: number }): z.ZodString =>
  z.string().superRefine((text, issues) => {
    const [, amount] = /^([1-9]\d{0,2})d$/.exec(text) ?? [];
    if (amount !== undefined && Number(amount) <= most) return;
    issues.addIssue({
      code: "custom",
      message: `"${text}" is no time span here. Write days, from "1d" to "${most}d".`,
    });
  });

/** Settings that a key has, and that a group may give to all of its keys. */
export const keySettingsShape = {
  description: z.string().max(8192).optional(),
  policy: policy.optional(),
  tags: tags.optional(),
  enabled: z.boolean().optional(),
  /** How long material is valid from each import on; `validTo` is derived of it. */
  keepValidFor: days({ most: maxValidityDays }).optional(),
  renewBefore: days({ most: maxValidityDays - 1 }).optional(),
  expiryWarningDays: z.int().min(0).max(maxValidityDays).optional(),
  // What no program names of the next five stands in no state: rotationSettings knows the defaults.
  /** When AWS makes other material for a key of its own material. */
  rotation: z.strictObject(rotationScheduleShape).optional(),
  /** False: the copy stays with the version that it holds when its source is rotated. */
  follow: z.boolean().optional(),
  rotationMode: z.enum(["new-key", "in-place"]).optional(),
  afterRotation: z.enum(afterRotations).optional(),
  disableDays: z.int().min(0).max(3650).optional(),
  deletionWindowInDays: windowInDays.optional(),
  wrappingKeySpec: z.enum(wrappingKeySpecs).optional(),
} as const;

/** KeyUsage of CreateKey. */
export const usageSchema = z.enum(["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"]);

/** What a group gives to each of its keys that does not say otherwise. */
export const keyTemplateSchema = z
  .strictObject({
    aliasPrefix: z
      .string()
      .regex(/^alias\/(?!aws\/)[A-Za-z0-9/_-]*$/, {
        error: (issue) => `${JSON.stringify(issue.input)} opens no alias of yours. Write for example "alias/ledger/".`,
      })
      .max(200)
      .optional(),
    /** The type of every key: of what AWS makes where the key names none, and the only one that material may have. */
    spec: z.enum(keySpecs).optional(),
    /** For keys whose type allows it. */
    usage: usageSchema.optional(),
    ...keySettingsShape,
  })
  .superRefine(({ spec, usage }, issues) => {
    if (spec === undefined || usage === undefined) return;
    const { awsUsages } = keySpecFacts[spec];
    if (awsUsages.includes(usage)) return;
    issues.addIssue({
      code: "custom",
      path: ["usage"],
      message: `${usage} is not possible with ${spec} (spec). AWS allows ${awsUsages.join(", ")}.`,
    });
  });
