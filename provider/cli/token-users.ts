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
  /** Resources whose state cannot be read, so that nobody knows what they need. */
  readonly unreadable: readonly string[];
}

const sourceOutputs = z.object({
  owner: z.string(),
  versions: z.array(z.object({ version: z.number(), createdAt: z.string().optional() })).default([]),
});
const copyOutputs = z.object({
  versions: carried(z.array(z.unknown())).default([]),
  // Still there where the one text of findings could not be read.
  facts: z.undefined().optional(),
});

interface Holder extends VersionRef {
  readonly name: string;
}

/** Reads them from an exported stack, with what is about to be deleted: that may still be needed. */
export function tokenUsers(exported: unknown): TokenUsers {
  const sources = new Map<string, { readonly name: string; readonly dates: ReadonlyMap<number, string> }>();
  const holders: Holder[] = [];
  const unreadable: string[] = [];
  for (const { kind, name, outputs } of packageResources(exported)) {
    if (kind === "SourceKey") {
      const { data } = sourceOutputs.safeParse(outputs);
      if (data === undefined) unreadable.push(name);
      else sources.set(data.owner, { name, dates: datesOf(data.versions) });
    } else if (kind === "AwsKmsKey" || kind === "AzureKey") {
      const { data } = copyOutputs.safeParse(outputs);
      const held = data === undefined ? undefined : kind === "AwsKmsKey" ? heldInAws(data) : heldInAzure(data);
      if (held === undefined) unreadable.push(name);
      else holders.push(...held.map((version) => ({ ...version, name })));
    }
  }
  return {
    sourceKey: (owner) => sources.get(owner)?.name,
    madeAt: ({ owner, version }) => sources.get(owner)?.dates.get(version),
    holders: ({ owner, version }) => [
      ...new Set(holders.filter((one) => one.owner === owner && one.version === version).map(({ name }) => name)),
    ],
    unreadable,
  };
}

type Versions = z.infer<typeof copyOutputs>;

const datesOf = (versions: z.infer<typeof sourceOutputs>["versions"]): ReadonlyMap<number, string> =>
  new Map(
    versions.flatMap(({ version, createdAt }) => (createdAt === undefined ? [] : [[version, createdAt] as const])),
  );

/** Undefined where versions stand there that cannot be read. */
function heldInAws(outputs: Versions): readonly VersionRef[] | undefined {
  const versions = keyVersionsIn(outputs);
  if (versions.length < outputs.versions.length) return undefined;
  return versions.flatMap(({ keyState, from }) =>
    keyState === "Destroyed" || from?.owner === undefined || from.sourceVersion === undefined
      ? []
      : [{ owner: from.owner, version: from.sourceVersion }],
  );
}

function heldInAzure(outputs: Versions): readonly VersionRef[] | undefined {
  const versions = azureVersionsIn(outputs);
  if (versions.length < outputs.versions.length) return undefined;
  return versions.flatMap(({ version, sourceOwner, sourceVersion = version }) =>
    sourceOwner === undefined ? [] : [{ owner: sourceOwner, version: sourceVersion }],
  );
}
