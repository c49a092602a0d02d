/** What the sentence about a deletion is made of. */
export interface DeletionFacts {
  /** KeySpec of DescribeKey. */
  readonly spec: string;
  /** KeyUsage of DescribeKey. */
  readonly usage: string;
  /** Origin of DescribeKey; of AWS_KMS nobody else has the material. Absent: imported. */
  readonly origin?: string | undefined;
  readonly windowInDays: number;
  /** When AWS deletes the key, as far as that can be told before it is scheduled. */
  readonly date: Date;
  /** How many aliases point to the key. */
  readonly aliases: number;
  /** Regions of replicas for which a multi-Region primary waits, and which do not go together with it. */
  readonly replicaRegions: readonly string[];
  /** Of a multi-Region key that goes in every Region at once: replicas on the date, and their primary after as many days again. */
  readonly together?: { readonly replicas: readonly string[]; readonly primary: string; readonly last: Date };
  /** When AWS deletes the key as things are; absent where that is not scheduled. */
  readonly scheduledFor?: Date | undefined;
  /** When the key was last used, in one sentence; absent where nobody asked. */
  readonly lastUsage?: string | undefined;
}

/** The calendar day of a moment, UTC. */
export const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

/**
 * What the deletion of a KMS key does, who depends on it, and until when it can be taken back. Only ciphertext of symmetric keys is bound
 * to the KMS key itself; what other keys made is bound to their material.
 */
export function deletionConsequence(facts: DeletionFacts): string {
  const { windowInDays, date, aliases, replicaRegions, together, scheduledFor, lastUsage } = facts;
  const sentences = [
    together === undefined
      ? `in ${windowInDays} days (${dayOf(date)}) AWS deletes this key; ${lostWith(facts)}`
      : `in ${windowInDays} days (${dayOf(date)}) AWS deletes this key in ${together.replicas.join(", ")}, and ${windowInDays} days after that (${dayOf(together.last)}) its primary in ${together.primary}; ${lostWith(facts)}`,
    scheduledFor === undefined ? undefined : `As things are it would be deleted on ${dayOf(scheduledFor)}.`,
    aliases === 0
      ? "No alias points to it."
      : `${aliases} ${aliases === 1 ? "alias points" : "aliases point"} to it and ${aliases === 1 ? "is" : "are"} deleted with it.`,
    replicaRegions.length === 0
      ? undefined
      : `It has ${replicaRegions.length} ${replicaRegions.length === 1 ? "replica" : "replicas"} (${replicaRegions.join(", ")}), and its days count only once the last of them is deleted.`,
    lastUsage,
    "From now on nobody can use it.",
  ];
  return sentences.filter((sentence) => sentence !== undefined).join(" ");
}

/** What is lost with a deleted KMS key, and whether its material in another one brings that back; the end of a sentence. */
export function lostWith({ spec, usage, origin }: Pick<DeletionFacts, "spec" | "usage" | "origin">): string {
  if (spec === "SYMMETRIC_DEFAULT") {
    return "everything encrypted with it becomes unreadable for ever, and importing the same material into another key does not help.";
  }
  const again =
    origin === "AWS_KMS"
      ? "for ever: AWS made its material, and nobody else has it."
      : "until the same material is imported into another KMS key, if it is kept until then.";
  switch (usage) {
    case "SIGN_VERIFY":
      return `nothing can be signed with it any more, and its signatures verify only outside AWS, by whoever kept the public key, ${again}`;
    case "GENERATE_VERIFY_MAC":
      return `its MACs can be neither made nor verified any more, ${again}`;
    case "KEY_AGREEMENT":
      return `shared secrets that were agreed with it cannot be derived any more, ${again}`;
    default:
      return `everything encrypted with its public key is unreadable, ${again}`;
  }
}
