import { z } from "zod";
import { azureConnectionOf } from "../lifecycle/azure-connection-of";
import { azureKeyVaultGroupRecord } from "../lifecycle/inputs/azure-key-vault-group-inputs";
import type { AzureConnection } from "../model/azure-connection";
import type { KeySpec } from "../model/key-spec";
import type { PinnedWrappingKey } from "../model/ports/azure-import";
import { resourcesOf, type StackChoice } from "./stack-export";
import { configValuesOf, soleGroup } from "./state-group";

/** How a group of a stack reaches its vault. */
export interface AzureGroupInState {
  readonly name: string;
  readonly connection: AzureConnection;
  /** All without any. */
  readonly allowedSpecs: readonly KeySpec[] | undefined;
}

/** The connection of an `AzureKeyVaultGroup` as the state records it. */
export function azureGroupInState(exported: unknown, name: string): AzureGroupInState {
  const record = soleGroup(exported, "AzureKeyVaultGroup", name, azureKeyVaultGroupRecord);
  return { name, connection: azureConnectionOf(record), allowedSpecs: record.allowedSpecs };
}

/** Values of the `config:` references in a connection, by `NAMESPACE:KEY`. */
export const azureConfigValuesFor = (
  { credentials }: AzureConnection,
  choice: Pick<StackChoice, "stack" | "file">,
): Promise<Readonly<Record<string, string>>> =>
  configValuesOf(credentials !== undefined && "clientSecret" in credentials ? [credentials.clientSecret] : [], choice);

const pinOutputs = z.object({ wrappingKey: z.object({ id: z.string() }) });

/** Names of groups by the ids of their wrapping keys, without versions and in lower case. */
export const wrappingKeysInState = (exported: unknown): readonly (readonly [string, string])[] =>
  resourcesOf(exported, "AzureKeyVaultGroup").flatMap(({ name, outputs }) => {
    const { data } = pinOutputs.safeParse(outputs);
    return data === undefined ? [] : [[data.wrappingKey.id.replace(/\/[^/]+$/, "").toLowerCase(), name] as const];
  });

/** The pinned wrapping key of a group, where it keeps one. */
export const pinInState = (exported: unknown, name: string): PinnedWrappingKey | undefined =>
  z
    .object({ wrappingKey: z.object({ id: z.string(), publicKeySha256: z.string() }) })
    .safeParse(resourcesOf(exported, "AzureKeyVaultGroup").find((group) => group.name === name)?.outputs).data
    ?.wrappingKey;
