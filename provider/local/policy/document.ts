import { z } from "zod";
import { AwsError } from "../aws-error";

const oneOrMore = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (typeof value === "string" ? [value] : value));
const scalar = z.union([z.string(), z.boolean().transform(String), z.number().transform(String)]);
const values = z.union([scalar, z.array(scalar)]).transform((value) => (Array.isArray(value) ? value : [value]));
const principal = z.union([z.literal("*"), z.record(z.string(), oneOrMore)]);

const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: principal.optional(),
  NotPrincipal: principal.optional(),
  Action: oneOrMore.optional(),
  NotAction: oneOrMore.optional(),
  Resource: oneOrMore.optional(),
  NotResource: oneOrMore.optional(),
  Condition: z.record(z.string(), z.record(z.string(), values)).optional(),
});

const documentSchema = z.strictObject({
  Version: z.enum(["2012-10-17", "2008-10-17"]).optional(),
  Id: z.string().optional(),
  Statement: z
    .union([statementSchema, z.array(statementSchema)])
    .transform((value) => (Array.isArray(value) ? value : [value])),
});

/** A policy document that has been read: every list is a list. */
export type PolicyDocument = z.infer<typeof documentSchema>;
export type PolicyStatement = z.infer<typeof statementSchema>;
export type PolicyPrincipal = z.infer<typeof principal>;

function malformed(message: string): AwsError {
  return new AwsError("MalformedPolicyDocumentException", message);
}

/** Reads any policy document, as JSON text. */
export function parsePolicy(text: string): PolicyDocument {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed("Policy contains invalid JSON.");
  }
  const parsed = documentSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw malformed(`Policy is not valid at ${issue?.path.join(".") ?? "its root"}.`);
  }
  for (const statement of parsed.data.Statement) {
    if ((statement.Action === undefined) === (statement.NotAction === undefined)) {
      throw malformed("Policy statement must contain either Action or NotAction.");
    }
    if ((statement.Resource === undefined) === (statement.NotResource === undefined)) {
      throw malformed("Policy statement must contain resources.");
    }
  }
  return parsed.data;
}

const principalArn = /^arn:aws:(iam|sts)::(\d{12}):(root|(user|role|assumed-role|federated-user)\/[\w+=,.@/-]+)$/;

/** Reads a key policy: every statement names principals, and each of them can exist. */
export function parseKeyPolicy(text: string): PolicyDocument {
  // The characters and the size are those of the API reference, PutKeyPolicy, member Policy.
  if (Buffer.byteLength(text) > 32768)
    throw new AwsError("LimitExceededException", "The key policy is larger than 32768 bytes.");
  if (!/^[\t\n\r\u0020-\u00FF]+$/.test(text)) throw malformed("Policy contains characters that are not allowed.");
  const document = parsePolicy(text);
  for (const statement of document.Statement) {
    const named = statement.Principal ?? statement.NotPrincipal;
    if (named === undefined) throw malformed("Policy statement must contain principals.");
    for (const arn of named === "*" ? [] : (named.AWS ?? [])) {
      if (arn !== "*" && !/^\d{12}$/.test(arn) && !principalArn.test(arn)) {
        throw malformed("Policy contains a statement with one or more invalid principals.");
      }
    }
  }
  return document;
}
