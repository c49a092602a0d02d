import type { AzureKeyVersion } from "../../model/azure-key-versions";
import type { ObservedAzureKey, OwnVersion } from "../../model/azure-key-steps";
import { ownershipTags } from "../../model/owner";
import type { KeyVaultPort, KeyVersionFacts } from "../../model/ports/key-vault";

/** What tells our versions from those of others. */
export interface VersionsInQuestion {
  readonly lineage: string;
  readonly owner: string;
  /** Number of the version that is asked for. */
  readonly version: number;
  /** What the state knows, by which a version is known whose tags somebody took away. */
  readonly known: readonly AzureKeyVersion[];
  /** Azure's name of a version that is to be ours, under the number that is asked for. */
  readonly adopted?: string | undefined;
}

/** Reads all versions under the name; our own are numbered. */
export async function observeVersions(
  port: KeyVaultPort,
  name: string,
  asked: VersionsInQuestion,
): Promise<ObservedAzureKey> {
  const all = await port.listVersions(name);
  const own: OwnVersion[] = [];
  const foreign: KeyVersionFacts[] = [];
  for (const facts of all) {
    const number = numberOf(facts, asked);
    if (number === undefined) foreign.push(facts);
    else own.push({ number, facts });
  }
  own.sort((a, b) => a.number - b.number || a.facts.createdOn.getTime() - b.facts.createdOn.getTime());
  // Of two that an answer that was lost made of one import, the later one is what callers without a version meet.
  const newest = own.filter(({ number }) => number === asked.version).at(-1);
  const current = newest === undefined ? undefined : await port.getKey(name, newest.facts.version);
  return { own, current, foreign };
}

/** The number of a version of ours, or undefined where it is another's. */
function numberOf(facts: KeyVersionFacts, asked: VersionsInQuestion): number | undefined {
  const lineage = facts.tags[ownershipTags.lineage];
  const number = Number(facts.tags[ownershipTags.version]);
  const isTagged = facts.tags[ownershipTags.owner] === asked.owner || lineage === asked.lineage;
  if (isTagged && Number.isInteger(number) && number > 0) return number;
  if (facts.version === asked.adopted) return asked.version;
  if (lineage !== undefined && lineage !== asked.lineage) return undefined;
  return asked.known.find(({ keyVersion }) => keyVersion === facts.version)?.version;
}

/** Lineages on our versions that are not the asked one: whoever has them took the key over. */
export const otherLineages = ({ own }: ObservedAzureKey, lineage: string): readonly string[] => [
  ...new Set(
    own
      .map(({ facts }) => facts.tags[ownershipTags.lineage])
      .filter((found): found is string => found !== undefined && found !== lineage),
  ),
];
