import type { AzureKeyVersion } from "../../model/azure-key-versions";
import { describeAzureStep, type ObservedAzureKey, type OwnVersion } from "../../model/azure-key-steps";
import { numberRotated, type RotatedKey } from "../../model/azure-rotated-versions";
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
  /** Of a key whose rotation policy this resource keeps: Azure may have made versions by itself. */
  readonly policy?: { readonly rotateAfter: string | undefined } | undefined;
}

/** Reads all versions under the name; our own are numbered. */
export async function observeVersions(
  port: KeyVaultPort,
  name: string,
  asked: VersionsInQuestion,
): Promise<ObservedAzureKey> {
  const all = await port.listVersions(name);
  const { own, foreign } = asked.policy === undefined ? numbered(all, asked) : numberRotated(all, rotated(asked));
  // Of two that an answer that was lost made of one import, the later one is what callers without a version meet.
  const newest = own.filter(({ number }) => number === asked.version).at(-1);
  const current = newest === undefined ? undefined : await port.getKey(name, newest.facts.version);
  const policy = asked.policy === undefined || own.length === 0 ? undefined : await port.rotationPolicy(name);
  return { own, current, foreign, ...(policy === undefined ? {} : { policy }) };
}

function numbered(
  all: readonly KeyVersionFacts[],
  asked: VersionsInQuestion,
): Pick<ObservedAzureKey, "own" | "foreign"> {
  const own: OwnVersion[] = [];
  const foreign: KeyVersionFacts[] = [];
  for (const facts of all) {
    const number = numberOf(facts, asked);
    if (number === undefined) foreign.push(facts);
    else own.push({ number, facts });
  }
  own.sort((a, b) => a.number - b.number || a.facts.createdOn.getTime() - b.facts.createdOn.getTime());
  return { own, foreign };
}

const rotated = ({ lineage, owner, version, known, adopted, policy }: VersionsInQuestion): RotatedKey => ({
  ...{ lineage, owner, rotateAfter: policy?.rotateAfter },
  known: new Map([
    ...known.map((each) => [each.keyVersion, each.version] as const),
    ...(adopted === undefined ? [] : [[adopted, version] as const]),
  ]),
});

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

const lineagesOf = (versions: readonly KeyVersionFacts[]): readonly string[] =>
  versions.map(({ tags }) => tags[ownershipTags.lineage]).filter((found) => found !== undefined);

/** Our versions that no run meant to mark anew; one that was cut off after it had found, recovered or restored them did, and is no sign of another resource. */
const settledIn = ({ own }: ObservedAzureKey, outputs: PlainRecord): readonly KeyVersionFacts[] => {
  const pending = textList(outputs["pending"]);
  return own
    .filter((version) => !pending.includes(describeAzureStep({ kind: "own", version })))
    .map(({ facts }) => facts);
};

/**
 * The lineage that has our versions by now, if it is another one. Where some of them have the asked one, it is unfinished work of that.
 *
 * @param outputs - recorded ones
 */
export function takenOverBy(observed: ObservedAzureKey, lineage: string, outputs: PlainRecord): string | undefined {
  const all = lineagesOf(observed.own.map(({ facts }) => facts));
  return all.includes(lineage) ? undefined : lineagesOf(settledIn(observed, outputs))[0];
}

/**
 * Another lineage on any version under the name, of ours or of others. A delete takes all versions along, so it leaves them to whoever has one.
 *
 * @param outputs - recorded ones
 */
export const otherLineageIn = (observed: ObservedAzureKey, lineage: string, outputs: PlainRecord): string | undefined =>
  lineagesOf([...settledIn(observed, outputs), ...observed.foreign]).find((found) => found !== lineage);
