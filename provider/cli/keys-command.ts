import { z } from "zod";
import { ByokError } from "../model/errors";
import { carried, readStack, resourcesOf } from "./stack-export";

/** Options of `byok keys`. */
export interface KeysOptions {
  /** Name of an AwsKmsGroup or AzureKeyVaultGroup; undefined: all. */
  readonly group?: string;
  readonly stack?: string;
  /** An exported state instead of the stack itself; `-` for standard input. */
  readonly file?: string;
  readonly json?: boolean;
}

/** The key that a resource has at present. */
interface PresentKey {
  readonly name: string;
  readonly group: string;
  readonly region?: string;
  /** Of a KMS key its id; of a key in Azure its id without a version. */
  readonly keyId: string | undefined;
  readonly arn?: string | undefined;
  /** Of a key in Azure: the id of its newest version. */
  readonly versionId?: string | undefined;
  readonly state: string;
  readonly spec: string;
  readonly version: number;
  readonly aliases?: readonly string[];
}

const common = { keyState: z.string().default("not created yet"), spec: z.string(), version: z.number() };

const keyOutputs = z.object({
  group: carried(z.object({ name: z.string(), region: z.string() })),
  keyId: z.string().optional(),
  arn: z.string().optional(),
  aliases: z.array(z.string()).default([]),
  ...common,
});

const azureKeyOutputs = z.object({
  group: carried(z.object({ name: z.string() })),
  keyId: z.string().optional(),
  versionId: z.string().optional(),
  ...common,
});

/**
 * `byok keys`: which key of a cloud each AwsKmsKey and AzureKey of a stack has at present, from the stack's state. It reads, and needs neither PIN nor
 * cloud.
 */
export async function keysCommand(options: KeysOptions): Promise<string> {
  const exported = await readStack({ stack: options.stack, file: options.file, command: "keys" });
  const all = [...presentKeys(exported), ...presentAzureKeys(exported)];
  const keys = all.filter(({ group }) => options.group === undefined || group === options.group);
  if (options.group !== undefined && keys.length === 0 && !groupsIn(exported).includes(options.group)) {
    const groups = groupsIn(exported);
    throw new ByokError(
      "BYOK_INPUT_INVALID",
      `The stack has no AwsKmsGroup or AzureKeyVaultGroup named "${options.group}".`,
      { hint: groups.length === 0 ? "It has none at all." : `It has ${groups.join(", ")}.` },
    );
  }
  return options.json === true ? `${JSON.stringify(keys, undefined, 2)}\n` : printed(keys);
}

const groupsIn = (exported: unknown): readonly string[] =>
  ["AwsKmsGroup", "AzureKeyVaultGroup"].flatMap((kind) => resourcesOf(exported, kind).map(({ name }) => name));

const presentKeys = (exported: unknown): readonly PresentKey[] =>
  resourcesOf(exported, "AwsKmsKey").flatMap(({ name, outputs }) => {
    const parsed = keyOutputs.safeParse(outputs);
    if (!parsed.success) return [];
    const { group, keyState, ...facts } = parsed.data;
    const { keyId, arn, spec, version, aliases } = facts;
    return [{ name, group: group.name, region: group.region, keyId, arn, state: keyState, spec, version, aliases }];
  });

const presentAzureKeys = (exported: unknown): readonly PresentKey[] =>
  resourcesOf(exported, "AzureKey").flatMap(({ name, outputs }) => {
    const parsed = azureKeyOutputs.safeParse(outputs);
    if (!parsed.success) return [];
    const { group, keyState, keyId, versionId, spec, version } = parsed.data;
    return [{ name, group: group.name, keyId, versionId, state: keyState, spec, version }];
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
      key.versionId ?? key.keyId ?? "–",
      key.aliases?.join(", ") || "–",
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
