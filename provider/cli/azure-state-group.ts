import { z } from "zod";
import { azureConnectionOf } from "../lifecycle/azure-connection-of";
import { azureKeyVaultGroupRecord } from "../lifecycle/inputs/azure-key-vault-group-inputs";
import type { AzureConnection } from "../model/azure-connection";
import type { KeySpec } from "../model/key-spec";
import type { PinnedWrappingKey } from "../model/ports/azure-import";
import type { WrappingKeySize } from "../model/ports/key-vault";
import { wrappingKeyGroup } from "../model/wrapping-key-trust";
import { packageResources, resourcesOf, type StackChoice } from "./stack-export";
import { configValuesOf, soleGroup } from "./state-group";

/** How a group of a stack reaches its vault. */
export interface AzureGroupInState {
  readonly name: string;
  readonly connection: AzureConnection;
  /** All without any. */
  readonly allowedSpecs: readonly KeySpec[] | undefined;
  /** Size of wrapping keys. */
  readonly bits: WrappingKeySize;
}

/** The connection of an `AzureKeyVaultGroup` as the state records it. */
export function azureGroupInState(exported: unknown, name: string): AzureGroupInState {
  const record = soleGroup(exported, "AzureKeyVaultGroup", name, azureKeyVaultGroupRecord);
  return { name, connection: azureConnectionOf(record), allowedSpecs: record.allowedSpecs, bits: record.kek.size };
}

/** Values of the `config:` references in a connection, by `NAMESPACE:KEY`. */
export const azureConfigValuesFor = (
  { credentials }: AzureConnection,
  choice: Pick<StackChoice, "stack" | "file">,
): Promise<Readonly<Record<string, string>>> =>
  configValuesOf(credentials !== undefined && "clientSecret" in credentials ? [credentials.clientSecret] : [], choice);

const pinOutputs = z.object({ wrappingKey: z.object({ id: z.string() }) });

/** Names of groups by what marks the wrapping keys of their tokens, and by the ids of their own, without versions and in lower case. */
export const wrappingKeysInState = (exported: unknown): readonly (readonly [string, string])[] =>
  resourcesOf(exported, "AzureKeyVaultGroup").flatMap(({ name, outputs }) => {
    const mark = wrappingKeyGroupInState(exported, name);
    const marked = mark === undefined ? [] : [[mark, name] as const];
    const { data } = pinOutputs.safeParse(outputs);
    if (data === undefined) return marked;
    return [...marked, [data.wrappingKey.id.replace(/\/[^/]+$/, "").toLowerCase(), name] as const];
  });

const placeOutputs = z.object({ vaultUrl: z.string(), organization: z.string().optional() });

/** What marks the wrapping keys of a group, as its keys compute it too. */
export function wrappingKeyGroupInState(exported: unknown, name: string): string | undefined {
  const group = packageResources(exported).find(
    ({ kind, leaving, ...resource }) => kind === "AzureKeyVaultGroup" && !leaving && resource.name === name,
  );
  const { data } = placeOutputs.safeParse(group?.outputs);
  return group === undefined || data === undefined ? undefined : wrappingKeyGroup({ ...data, self: group.urn, name });
}

/** The pinned wrapping key of a group, where it keeps one. */
export const pinInState = (exported: unknown, name: string): PinnedWrappingKey | undefined =>
  z
    .object({ wrappingKey: z.object({ id: z.string(), publicKeySha256: z.string() }) })
    .safeParse(resourcesOf(exported, "AzureKeyVaultGroup").find((group) => group.name === name)?.outputs).data
    ?.wrappingKey;
