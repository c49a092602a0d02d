import type { AzureKeyVersion } from "../../model/azure-key-versions";
import { describeAzureStep, type ObservedAzureKey, type OwnVersion } from "../../model/azure-key-steps";
import { ownershipTags } from "../../model/owner";
import type { KeyVaultPort, KeyVersionFacts } from "../../model/ports/key-vault";
import type { PlainRecord } from "../contract";
import { textList } from "../text-list";

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

/**
 * The lineage on our versions that is not the asked one: whoever has them took the key over. Versions that a run which was cut off meant to tag anew, after it had
 * recovered or restored them, are no sign of that.
 *
 * @param outputs - recorded ones
 */
export function takenOverBy({ own }: ObservedAzureKey, lineage: string, outputs: PlainRecord): string | undefined {
  const pending = textList(outputs["pending"]);
  return own
    .filter((version) => !pending.includes(describeAzureStep({ kind: "own", version })))
    .map(({ facts }) => facts.tags[ownershipTags.lineage])
    .find((found) => found !== undefined && found !== lineage);
}
