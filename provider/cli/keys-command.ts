import { z } from "zod";
import { ByokError } from "../model/errors";
import { carried, readStack, resourcesOf } from "./stack-export";

/** Options of `byok keys`. */
export interface KeysOptions {
  /** Name of an AwsKmsGroup; undefined: all. */
  readonly group?: string;
  readonly stack?: string;
  /** An exported state instead of the stack itself; `-` for standard input. */
  readonly file?: string;
  readonly json?: boolean;
}

/** The KMS key that a resource has at present. */
interface PresentKey {
  readonly name: string;
  readonly group: string;
  readonly region: string;
  readonly keyId: string | undefined;
  readonly arn: string | undefined;
  readonly state: string;
  readonly spec: string;
  readonly version: number;
  readonly aliases: readonly string[];
}

const keyOutputs = z.object({
  group: carried(z.object({ name: z.string(), region: z.string() })),
  keyId: z.string().optional(),
  arn: z.string().optional(),
  keyState: z.string().default("not created yet"),
  spec: z.string(),
  version: z.number(),
  aliases: z.array(z.string()).default([]),
});

/** `byok keys`: which KMS key each AwsKmsKey of a stack has at present, from the stack's state. It reads, and needs neither PIN nor cloud. */
export async function keysCommand(options: KeysOptions): Promise<string> {
  const exported = await readStack({ stack: options.stack, file: options.file, command: "keys" });
  const all = presentKeys(exported);
  const keys = all.filter(({ group }) => options.group === undefined || group === options.group);
  if (options.group !== undefined && keys.length === 0 && !groupsIn(exported).includes(options.group)) {
    const groups = groupsIn(exported);
    throw new ByokError("BYOK_INPUT_INVALID", `The stack has no AwsKmsGroup named "${options.group}".`, {
      hint: groups.length === 0 ? "It has none at all." : `It has ${groups.join(", ")}.`,
    });
  }
  return options.json === true ? `${JSON.stringify(keys, undefined, 2)}\n` : printed(keys);
}

const groupsIn = (exported: unknown): readonly string[] => resourcesOf(exported, "AwsKmsGroup").map(({ name }) => name);

const presentKeys = (exported: unknown): readonly PresentKey[] =>
  resourcesOf(exported, "AwsKmsKey").flatMap(({ name, outputs }) => {
    const parsed = keyOutputs.safeParse(outputs);
    if (!parsed.success) return [];
    const { group, keyState, ...facts } = parsed.data;
    const { keyId, arn, spec, version, aliases } = facts;
    return [{ name, group: group.name, region: group.region, keyId, arn, state: keyState, spec, version, aliases }];
  });

function printed(keys: readonly PresentKey[]): string {
  if (keys.length === 0) return "There are no keys.\n";
  const rows = [
    ["NAME", "GROUP", "VERSION", "STATE", "KEY ID", "ALIASES"],
    ...keys.map((key) => [
      key.name,
      key.group,
      String(key.version),
      key.state,
      key.keyId ?? "–",
      key.aliases.join(", ") || "–",
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map(
      (row) =>
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd() + "\n",
    )
    .join("");
}
