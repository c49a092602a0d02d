import { z } from "zod";
import { keySpecs } from "../../model/key-spec";
import { abilitiesSchema, allowedTargetsSchema, identitySchema, selfShape, tokenSchema } from "./shared-shapes";

const rulesShape = {
  allowedTargets: allowedTargetsSchema.default([]),
  lab: z.boolean().default(false),
  minOaepHash: z.enum(["sha1", "sha256"]).default("sha256"),
  allowedSpecs: z.array(z.enum(keySpecs)).min(1).optional(),
} as const;

/** What `check` learns of a token when it first connects. */
const learnedShape = { abilities: abilitiesSchema.optional(), identity: identitySchema.optional() } as const;

/** Inputs of a source group. */
export const sourceGroupInputs = z
  .strictObject({ token: tokenSchema, ...rulesShape, ...learnedShape, ...selfShape })
  .refine((group) => !(group.lab && group.allowedTargets.length > 0), {
    path: ["allowedTargets"],
    error: "keys of a group with lab: true go to local clouds only, which need no entry. Remove allowedTargets or lab.",
  });
export type SourceGroupInputs = z.infer<typeof sourceGroupInputs>;

/** A source group as a source key carries it. */
export const sourceGroupRecord = z.strictObject({
  name: z.string(),
  token: tokenSchema,
  ...rulesShape,
  ...learnedShape,
});
