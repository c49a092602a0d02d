import { z } from "zod";
import { badParameter } from "../azure-error";

/** Parses a body and refuses in the words of the service. Values never appear in the refusal. */
export function readBody<T>(body: unknown, schema: z.ZodType<T>): T {
  if (body === undefined) throw badParameter("The request body is empty.");
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "request" : issue.path.map(String).join(".");
  throw badParameter(`Property ${where} has invalid value. ${issue?.message ?? ""}`.trim());
}

const base64 = /^[A-Za-z0-9_\-+/]*={0,2}$/;

/** Bytes as base64url; the alphabet of base64 is taken too, as the service does. */
export const bytesSchema = z
  .string()
  .regex(base64, "not base64url")
  .transform((text) => Buffer.from(text, "base64url"));
