import type { PlainRecord } from "../contract";

/**
 * When a key that is gone was deleted by its schedule, as far as the state knew of one. Such a key stays in the state: a program that still names it
 * would make a new key of that name, which decrypts nothing of what the old one encrypted.
 */
export function deletedBySchedule(outputs: PlainRecord, now: Date): string | undefined {
  const date = outputs["deletionDate"];
  if (outputs["keyState"] === "Destroyed") return typeof date === "string" ? date : "";
  return typeof date === "string" && Date.parse(date) <= now.getTime() ? date : undefined;
}

/** What is to be done about a key that its schedule has deleted. */
export const destroyedSentence = (date: string): string =>
  `the key was deleted by its schedule${date === "" ? "" : ` on ${date.slice(0, 10)}`}, and what it encrypted is unreadable for ever. ` +
  "Remove this resource from the program, and its DeletionSchedule. A new key of this name: pulumi up --replace with its URN.";
