import { z } from "zod";
import { connectionOf } from "../lifecycle/connection-of";
import { awsKmsGroupRecord } from "../lifecycle/inputs/aws-kms-group-inputs";
import type { AwsConnection } from "../model/aws-connection";
import { ByokError } from "../model/errors";
import { credentialSources } from "../model/permissions/credential-roles";
import { parseReference } from "../model/references";
import { resourcesOf, stackConfigValue, type StackChoice } from "./stack-export";

/** How an AWS group of a stack is reached. */
export interface GroupInState {
  readonly name: string;
  readonly connection: AwsConnection & { readonly account: string };
}

/** The connection of an `AwsKmsGroup` as the state records it. */
export function groupInState(exported: unknown, name: string): GroupInState {
  const record = soleGroup(exported, "AwsKmsGroup", name, awsKmsGroupRecord);
  return { name, connection: { ...connectionOf(record), account: record.account } };
}

/**
 * The one group of a kind and name, as a key of it carries it.
 *
 * @throws ByokError BYOK_INPUT_INVALID
 */
export function soleGroup<T>(exported: unknown, kind: string, name: string, record: z.ZodObject & z.ZodType<T>): T {
  const groups = resourcesOf(exported, kind);
  const [found, ...others] = groups.filter((group) => group.name === name);
  if (found === undefined || others.length > 0) {
    const names = groups.map((group) => group.name).join(", ");
    throw new ByokError(
      "BYOK_INPUT_INVALID",
      `This stack has ${found === undefined ? "no" : "more than one"} ${kind} named ${name}.`,
      { hint: names === "" ? "It has none at all: run pulumi up first." : `It has: ${names}.` },
    );
  }
  const outputs = z.record(z.string(), z.unknown()).safeParse(found.outputs).data ?? {};
  const known = Object.fromEntries(
    Object.keys(record.shape).flatMap((key) => (key in outputs ? [[key, outputs[key]]] : [])),
  );
  const parsed = record.safeParse({ ...known, name });
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join(".") ?? "a property";
  throw new ByokError(
    "BYOK_INPUT_INVALID",
    `The state of the group ${name} cannot be used: ${where} is not as expected.`,
    {
      hint: "Run pulumi up. A connection holds references, not secrets: pulumi.secret(…) around one of its arguments hides it from this command.",
    },
  );
}

/** Values of the `config:` references in a connection, by `NAMESPACE:KEY`. */
export const configValuesFor = (
  connection: AwsConnection,
  choice: Pick<StackChoice, "stack" | "file">,
): Promise<Readonly<Record<string, string>>> =>
  configValuesOf(
    credentialSources(connection).flatMap((source) => ("profile" in source ? [] : Object.values(source))),
    choice,
  );

/** Values of those among some references that name configuration, by `NAMESPACE:KEY`. */
export async function configValuesOf(
  texts: readonly (string | undefined)[],
  { stack, file }: Pick<StackChoice, "stack" | "file">,
): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  for (const text of texts) {
    const reference = text === undefined ? undefined : parseReference(text);
    if (reference?.kind !== "config") continue;
    if (file !== undefined) {
      throw new ByokError(
        "BYOK_REFERENCE_UNRESOLVED",
        `${text} names configuration of the stack, and a file has none.`,
        {
          hint: "Name the stack with --stack instead of --file.",
        },
      );
    }
    values[reference.key] = await stackConfigValue(stack, reference.key);
  }
  return values;
}
