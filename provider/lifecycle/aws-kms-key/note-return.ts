import { isLeaving } from "../../model/key-states";
import { formerKeys, keyVersionsIn, type KeyVersion } from "../../model/key-versions";
import type { LifecycleContext, PlainRecord } from "../contract";
import { eachHolder, warnOfDate, type Holder } from "../material-holders";
import type { KeyInputs } from "./key-inputs";
import { tokenOf } from "./note-deletion";
import { recordedReplicas } from "./replicas/recorded-replicas";

/**
 * A key that stays may need its material again: every token that has it takes back the date that it noted, of every version. Before a deletion is cancelled, so that
 * a run that dies in between leaves a token that keeps the material. A token that is not at hand is told of, where `warns`.
 *
 * @param arns - the key, its former keys and its replicas, as far as they are there
 * @param versions - versions as the state knows them, for those that came from other sources
 */
export async function noteReturn(
  context: LifecycleContext,
  inputs: KeyInputs,
  arns: readonly string[],
  {
    versions = [],
    warns = true,
    recent = false,
  }: { readonly versions?: readonly KeyVersion[]; readonly warns?: boolean; readonly recent?: boolean } = {},
): Promise<void> {
  if (arns.length === 0) return;
  for (const { token, owner } of holdersOf(inputs, versions)) {
    let found = false;
    try {
      const custodian = context.custodian(token);
      const dated = (await custodian.links(owner, { recent })).filter((link) => link.deletionDate !== undefined);
      for (const { version, arn } of dated.filter((link) => arns.includes(link.arn))) {
        found = true;
        await custodian.noteRevival({ owner, version }, arn);
      }
    } catch (error) {
      if (warns || found) warnOfDate(context, error, ", and run pulumi refresh where the token is at hand");
    }
  }
}

/**
 * The same for all of a key that was just seen: who cancelled a deletion by hand told no token. One that is not at hand is none of a refresh's business, unless the
 * state knows of a deletion.
 */
export const noteStillThere = (
  context: LifecycleContext,
  inputs: KeyInputs,
  { before, found }: { readonly before: PlainRecord; readonly found: PlainRecord },
): Promise<void> =>
  noteReturn(context, inputs, livingArns(found), {
    versions: keyVersionsIn(found),
    warns: isReturned(before, found),
    recent: true,
  });

/** True where something of the key waited for its deletion, and is there. */
export function isReturned(before: PlainRecord, found: PlainRecord): boolean {
  const living = livingArns(found);
  return placesOf(before).some(({ arn, keyState }) => isLeaving(keyState) && living.includes(arn));
}

/** ARNs of the KMS keys in a record that neither wait for their deletion nor are gone, in every Region. */
export const livingArns = (record: PlainRecord): readonly string[] => [
  ...new Set(
    placesOf(record).flatMap(({ arn, keyState }) =>
      isLeaving(keyState) || ["Destroyed", "Creating"].includes(keyState) ? [] : [arn],
    ),
  ),
];

const placesOf = (record: PlainRecord): readonly { readonly arn: string; readonly keyState: string }[] =>
  [record, ...recordedReplicas(record).map((replica) => replica.record)].flatMap((place) => {
    const { arn, keyState, keyId } = place;
    const own = typeof arn === "string" && typeof keyState === "string" ? [{ arn, keyState }] : [];
    return [...own, ...formerKeys(keyVersionsIn(place), String(keyId))];
  });

const holdersOf = (inputs: KeyInputs, versions: readonly KeyVersion[]): readonly Holder[] =>
  eachHolder([{ version: inputs.version }, ...versions].flatMap((version) => tokenOf(inputs, version) ?? []));
