import { z } from "zod";
import { azureVersionsIn } from "../model/azure-key-versions";
import { keyVersionsIn } from "../model/key-versions";
import type { VersionRef } from "../model/ports/custodian";
import { carried, packageResources } from "./stack-export";

/** Who of a stack has a version of a token: the source key that it belongs to, or keys that hold its material. */
export interface TokenUsers {
  /** Name of the `SourceKey`, if this stack has it. */
  sourceKey(owner: string): string | undefined;
  /** When the version was made (ISO 8601), as far as a `SourceKey` of this stack was there. */
  madeAt(version: VersionRef): string | undefined;
  /** Keys whose present or former version has the material, but for KMS keys that AWS has deleted. */
  holders(version: VersionRef): readonly string[];
}

const sourceOutputs = z.object({
  owner: z.string(),
  versions: z.array(z.object({ version: z.number(), createdAt: z.string().optional() })).default([]),
});
const copyOutputs = z.object({ versions: carried(z.unknown()) });

/** Reads them from an exported stack, with what is about to be deleted: that may still be needed. */
export function tokenUsers(exported: unknown): TokenUsers {
  const resources = packageResources(exported);
  const sources = new Map<string, { readonly name: string; readonly dates: ReadonlyMap<number, string> }>();
  const holders: { readonly name: string; readonly owner: string; readonly version: number }[] = [];
  for (const { kind, name, outputs } of resources) {
    if (kind === "SourceKey") {
      const { data } = sourceOutputs.safeParse(outputs);
      if (data === undefined) continue;
      const dates = data.versions.flatMap(({ version, createdAt }) =>
        createdAt === undefined ? [] : [[version, createdAt] as const],
      );
      sources.set(data.owner, { name, dates: new Map(dates) });
      continue;
    }
    const { data } = copyOutputs.safeParse(outputs);
    if (data === undefined) continue;
    if (kind === "AwsKmsKey") {
      for (const { keyState, from } of keyVersionsIn(data)) {
        if (keyState === "Destroyed" || from?.owner === undefined || from.sourceVersion === undefined) continue;
        holders.push({ name, owner: from.owner, version: from.sourceVersion });
      }
    }
    if (kind === "AzureKey") {
      for (const { version, sourceOwner, sourceVersion = version } of azureVersionsIn(data)) {
        if (sourceOwner !== undefined) holders.push({ name, owner: sourceOwner, version: sourceVersion });
      }
    }
  }
  return {
    sourceKey: (owner) => sources.get(owner)?.name,
    madeAt: ({ owner, version }) => sources.get(owner)?.dates.get(version),
    holders: ({ owner, version }) => [
      ...new Set(holders.filter((one) => one.owner === owner && one.version === version).map(({ name }) => name)),
    ],
  };
}
