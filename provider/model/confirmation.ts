import { createHash } from "node:crypto";

/** What a confirmation is bound to: once one of these changes, the word is stale. */
export interface ConfirmedAct {
  readonly operation:
    "destroy-source" | "close-source" | "schedule-deletion" | "delete-material" | "purge-key" | "discard-kept";
  /** ARN, CKA_ID, or the id of a version in a vault. */
  readonly cloudId: string;
  /** Lineage of the resource. */
  readonly lineage: string;
  readonly version: number;
  /** Key state as the cloud or the token names it. */
  readonly state: string;
  /** ISO 8601, or a window such as `7 days`. */
  readonly deletion?: string | undefined;
}

const words = [
  ...["acorn", "alder", "amber", "aspen", "birch", "cedar", "clover", "cobalt"],
  ...["coral", "cypress", "ember", "fern", "flint", "garnet", "hazel", "heron"],
  ...["indigo", "ivory", "juniper", "larch", "linden", "maple", "marble", "olive"],
  ...["onyx", "osprey", "pewter", "quartz", "rowan", "sorrel", "spruce", "willow"],
];

/** The word that confirms one act at one moment: a word to read aloud and eight hex digits. */
export function confirmationWord(act: ConfirmedAct): string {
  const parts = [
    "byok confirm 1",
    act.operation,
    act.cloudId,
    act.lineage,
    act.version,
    act.state,
    act.deletion ?? null,
  ];
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest();
  const word = words[digest.readUInt8(4) % words.length] ?? "willow";
  return `${word}-${digest.subarray(0, 4).toString("hex")}`;
}

/** True where BYOK_CONFIRM (words separated by commas) holds the word. */
export const isConfirmed = (confirm: string | undefined, word: string): boolean =>
  (confirm ?? "")
    .split(",")
    .map((part) => part.trim())
    .includes(word);
