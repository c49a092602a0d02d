import { confirmationWord, isConfirmed } from "../../model/confirmation";
import { ByokError } from "../../model/errors";
import type { ObservedKey } from "../../model/aws-key-steps";
import type { KeyInputs } from "./key-inputs";

/** The word that confirms the deletion of all materials of a key. */
export const materialDeletionWord = (key: {
  readonly arn: string;
  readonly lineage: string;
  readonly version: number;
}): string =>
  confirmationWord({
    operation: "delete-material",
    cloudId: key.arn,
    lineage: key.lineage,
    version: key.version,
    // The key is PendingImport after the first of several materials: the word has to last for all of them.
    state: "material present",
  });

/**
 * The deletion of key material takes effect at once, so the program confirms it with a word that goes stale with the key's state.
 *
 * @param arn - the key that the word names: one word is for all Regions of a multi-Region key
 * @throws ByokError BYOK_CONFIRM_REQUIRED
 */
export function requireConfirmedDeletion(
  inputs: KeyInputs,
  lineage: string,
  { facts }: ObservedKey,
  arn = facts.arn,
): void {
  const word = materialDeletionWord({ arn, lineage, version: inputs.version });
  if (isConfirmed(inputs.confirm, word)) return;
  throw new ByokError(
    "BYOK_CONFIRM_REQUIRED",
    `The key material of ${facts.arn} would be deleted at once: nothing that it encrypted can be read until the same material is imported again (materialState: "imported").`,
    { property: "confirm", hint: `To go on, set confirm: "${word}".` },
  );
}
