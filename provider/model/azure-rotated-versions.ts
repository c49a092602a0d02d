import type { OwnVersion } from "./azure-key-steps";
import { periodAfter } from "./azure-rotation";
import { ownershipTags } from "./owner";
import type { KeyVersionFacts } from "./ports/key-vault";

/** What is known of the versions of a key that Azure may rotate by itself. */
export interface RotatedKey {
  readonly lineage: string;
  readonly owner: string;
  /** Numbers that the state knows, by Azure's name of each version. */
  readonly known: ReadonlyMap<string, number>;
  /** How long after a version the policy makes the next one, as a program writes it; undefined where it makes none. */
  readonly rotateAfter: string | undefined;
}

/**
 * Numbers the versions of a key that Azure rotates by its policy. A version that the policy made has a copy of the tags of the one before, number and all: the
 * number shows that it is the next one. Azure documents no such copy, so a version without our tags is one too if it came when the policy's was due; what came
 * at any other time was made by somebody else, and so was what carries another lineage.
 */
export function numberRotated(
  all: readonly KeyVersionFacts[],
  key: RotatedKey,
): { readonly own: readonly OwnVersion[]; readonly foreign: readonly KeyVersionFacts[] } {
  const own: OwnVersion[] = [];
  const foreign: KeyVersionFacts[] = [];
  let last: OwnVersion | undefined;
  for (const facts of inOrder(all, key)) {
    const told = key.known.get(facts.version) ?? tagged(facts, key);
    if (isTheirs(facts, key) || (told === undefined && !cameDue(facts, last, key))) {
      foreign.push(facts);
      continue;
    }
    // A number that is there already is the copy of an older version's tag.
    const before: number = last?.number ?? 0;
    last = { number: told !== undefined && told > before ? told : before + 1, facts };
    own.push(last);
  }
  return { own, foreign };
}

/** By creation; Azure tells whole seconds, and within one the known number decides. */
function inOrder(all: readonly KeyVersionFacts[], { known }: RotatedKey): readonly KeyVersionFacts[] {
  const number = ({ version }: KeyVersionFacts): number => known.get(version) ?? Number.MAX_SAFE_INTEGER;
  return [...all].sort((a, b) => a.createdOn.getTime() - b.createdOn.getTime() || number(a) - number(b));
}

/** How much earlier than due Azure may act. */
const tolerance = 86_400_000;

function cameDue({ createdOn }: KeyVersionFacts, last: OwnVersion | undefined, { rotateAfter }: RotatedKey): boolean {
  if (last === undefined || rotateAfter === undefined) return false;
  const due = periodAfter(rotateAfter, last.facts.createdOn);
  return due !== undefined && createdOn.getTime() >= due.getTime() - tolerance;
}

const isTheirs = ({ tags }: KeyVersionFacts, { lineage, owner }: RotatedKey): boolean =>
  tags[ownershipTags.lineage] !== undefined &&
  tags[ownershipTags.lineage] !== lineage &&
  tags[ownershipTags.owner] !== owner;

function tagged({ tags }: KeyVersionFacts, { lineage, owner }: RotatedKey): number | undefined {
  const number = Number(tags[ownershipTags.version]);
  const ours = tags[ownershipTags.lineage] === lineage || tags[ownershipTags.owner] === owner;
  return ours && Number.isInteger(number) && number > 0 ? number : undefined;
}

/** True where Azure made the version: nobody has told it its number yet. */
export const madeByPolicy = ({ number, facts }: OwnVersion): boolean =>
  facts.tags[ownershipTags.version] !== String(number);
