import { formerKeys, keyVersionsIn } from "../../model/key-versions";
import { isLeaving } from "../../model/key-states";
import type { PlainRecord } from "../contract";
import { recordedReplicas } from "./replicas/recorded-replicas";

/**
 * The state of a key that certainly does not exist any more. AWS deletes a KMS key in no other way than by a schedule, whether or not a refresh saw it, so the key
 * stays in the state: a program that still names it would make a new key of that name, which decrypts nothing of what the old one encrypted.
 */
export function destroyedRecord(outputs: PlainRecord, now: Date): PlainRecord {
  const { deletionDate, ...kept } = outputs;
  const date = dateOf(outputs);
  // A date to come was another schedule's: the key is gone before it.
  const isOver = date !== undefined && (outputs["keyState"] === "Destroyed" || Date.parse(date) <= now.getTime());
  return { ...kept, ...(isOver ? { deletionDate } : {}), keyState: "Destroyed", pending: [] };
}

/** What is to be done about a key that its schedule has deleted, as {@link destroyedRecord} has it. */
export function destroyedSentence(destroyed: PlainRecord): string {
  const date = dateOf(destroyed);
  const when = date === undefined ? " (AWS deletes no key in another way)" : ` on ${date.slice(0, 10)}`;
  const leaving = leavingElsewhere(destroyed);
  if (leaving.length > 0) {
    const isOne = leaving.length === 1;
    return (
      `the key in ${String(destroyed["region"])} was deleted by its schedule${when}, and its deletion is scheduled in ${leaving.join(", ")}: until then ` +
      `kms:CancelKeyDeletion there keeps what it encrypted readable; after ${isOne ? "that" : "the last of them"} it is unreadable for ever. ` +
      "To let it go, remove this resource from the program, and its DeletionSchedule if it has one."
    );
  }
  const others =
    destroyed["multiRegion"] === true ? ", but by a replica in a Region that this program does not name" : "";
  return (
    `the key was deleted by its schedule${when}, and what it encrypted is unreadable for ever${others}. ` +
    "Remove this resource from the program, and its DeletionSchedule if it has one. A new key of this name: pulumi up --replace with its URN." +
    ofFormer(destroyed)
  );
}

/** Regions in which the same key can still be taken back, each with its date. */
const leavingElsewhere = (destroyed: PlainRecord): readonly string[] =>
  recordedReplicas(destroyed).flatMap(({ region, record }) => {
    const { keyState } = record;
    if (typeof keyState !== "string" || !isLeaving(keyState)) return [];
    const date = dateOf(record);
    return [date === undefined ? `${region} (after its replicas)` : `${region} (${date.slice(0, 10)})`];
  });

/** Former keys have not gone with the newest one, and do so with the resource. */
function ofFormer(destroyed: PlainRecord): string {
  const living = formerKeys(keyVersionsIn(destroyed), String(destroyed["keyId"])).filter(
    ({ keyState }) => keyState !== "Destroyed" && !isLeaving(keyState),
  );
  const names = [...new Set(living.map(({ arn }) => arn))];
  if (names.length === 0) return "";
  return (
    ` Either also schedules the deletion of ${names.join(", ")}, which still decrypt${names.length === 1 ? "s" : ""} what earlier versions encrypted: ` +
    "to keep that, forget this resource instead (pulumi state delete)."
  );
}

const dateOf = ({ deletionDate }: PlainRecord): string | undefined =>
  typeof deletionDate === "string" && deletionDate !== "" ? deletionDate : undefined;
