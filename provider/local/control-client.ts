import { z } from "zod";
import { LocalCloudError } from "./options";

/** Asks the control API of a local cloud in another process, with the token of its endpoint file. */
export async function askControl<T>(
  { endpoint, controlToken }: { readonly endpoint: string; readonly controlToken: string },
  method: string,
  name: string,
  schema: z.ZodType<T>,
  body?: unknown,
): Promise<T> {
  const response = await fetch(`${endpoint}/_local/${name}`, {
    method,
    headers: { authorization: `Bearer ${controlToken}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (response.ok) return schema.parse(answer);
  const { error } = z.object({ error: z.string() }).parse(answer);
  throw new LocalCloudError(error, "");
}
