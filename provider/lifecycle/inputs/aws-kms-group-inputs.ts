import { z } from "zod";
import {
  accountSchema,
  credentialsSchema,
  endpointSchema,
  quotasSchema,
  regionSchema,
  selfShape,
  tlsSchema,
} from "./shared-shapes";

const connectionShape = {
  region: regionSchema,
  account: accountSchema.optional(),
  endpoint: endpointSchema.optional(),
  credentials: credentialsSchema.optional(),
  tls: tlsSchema.optional(),
  quotas: quotasSchema.optional(),
} as const;

/** Inputs of an AWS KMS group; `account` is derived where the program does not name it. */
export const awsKmsGroupInputs = z.strictObject({ ...connectionShape, ...selfShape });
export type AwsKmsGroupInputs = z.infer<typeof awsKmsGroupInputs>;

/** An AWS KMS group as a key carries it. */
export const awsKmsGroupRecord = z.strictObject({ name: z.string(), ...connectionShape, account: accountSchema });
