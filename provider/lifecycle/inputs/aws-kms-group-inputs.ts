import { z } from "zod";
import { keySpecs } from "../../model/key-spec";
import { keyTemplateSchema } from "./key-settings";
import {
  accountSchema,
  credentialsSchema,
  endpointSchema,
  quotasSchema,
  regionSchema,
  roleCredentialsSchema,
  selfShape,
  tlsSchema,
} from "./shared-shapes";

const connectionShape = {
  region: regionSchema,
  account: accountSchema.optional(),
  endpoint: endpointSchema.optional(),
  credentials: credentialsSchema.optional(),
  roleCredentials: roleCredentialsSchema.optional(),
  tls: tlsSchema.optional(),
  quotas: quotasSchema.optional(),
} as const;

/** What a group says of its keys. */
const rulesShape = {
  template: keyTemplateSchema.optional(),
  requiredTags: z.array(z.string().min(1)).min(1).optional(),
  allowedSpecs: z.array(z.enum(keySpecs)).min(1).optional(),
  /** Another value than before rotates every key of the group. */
  rotateAllTrigger: z.string().min(1).optional(),
} as const;

/** How the group itself is checked; its keys carry of it only whether they have to wait. */
const checksShape = {
  requireConnected: z.boolean().optional(),
  permissionCheck: z.enum(["warn", "require", "off"]).optional(),
  /** Derived: what was missing when it was last looked for. */
  missingPermissions: z.array(z.string()).optional(),
  /** Derived, and only where the program names `permissionCheck`: with "require", that nothing may be made until somebody has looked for them. */
  permissionsUnjudged: z.boolean().optional(),
} as const;

/** Inputs of an AWS KMS group; `account` is derived where the program does not name it. */
export const awsKmsGroupInputs = z.strictObject({ ...connectionShape, ...checksShape, ...rulesShape, ...selfShape });
export type AwsKmsGroupInputs = z.infer<typeof awsKmsGroupInputs>;

/** An AWS KMS group as a key carries it. */
export const awsKmsGroupRecord = z.strictObject({
  name: z.string(),
  ...connectionShape,
  ...rulesShape,
  account: accountSchema,
  permissionsUnjudged: checksShape.permissionsUnjudged,
});
