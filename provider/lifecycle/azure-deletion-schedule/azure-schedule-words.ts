import { confirmationWord } from "../../model/confirmation";
import type { AzureKeyRecord } from "../inputs/azure-key-record";
import { keyIdOf, retentionOf, stateOf, type SeenKey } from "./see-key";

/**
 * The words that confirm the deletion of a key as it stands; the first one is the one to name. A key that is deleted already may have been deleted by a run that
 * died before it could tell the state: what was confirmed for the same version then still counts.
 *
 * @param takenBack - the day of the schedule that somebody took back by recovering the key, which is in all else what it was: the word of that schedule is spent
 */
export function acceptedWords(
  key: AzureKeyRecord,
  seen: SeenKey,
  takenBack: string | undefined,
): readonly [string, ...string[]] {
  const states = seen.kind === "deleted" ? ["Enabled", "Disabled"] : [];
  return [word(key, seen, stateOf(seen), takenBack), ...states.map((state) => word(key, seen, state, takenBack))];
}

const word = (key: AzureKeyRecord, seen: SeenKey, state: string, takenBack: string | undefined): string =>
  confirmationWord({
    operation: "schedule-deletion",
    cloudId: `${keyIdOf(key)}/${newestVersion(seen)}`,
    lineage: key.lineage,
    version: key.version,
    state,
    deletion: `purged after ${retentionOf(seen)} days${takenBack === undefined ? "" : `, and no more on ${takenBack}`}`,
  });

const newestVersion = (seen: SeenKey): string =>
  seen.kind === "live" ? seen.newest.version : seen.kind === "deleted" ? seen.deleted.version : "";
