import { confirmationWord } from "../../model/confirmation";

/** The newest version of a source key, as the token has it. */
export interface NewestVersion {
  /** CKA_ID. */
  readonly id: string;
  readonly owner: string;
  readonly version: number;
  readonly exportable: boolean;
}

/** The word in BYOK_CONFIRM for destroying every version in the token. */
export const destroyWord = (newest: NewestVersion): string =>
  word("destroy-source", newest, newest.exportable ? "exportable" : "closed");

/** The word in `confirm` for closing every version for ever; `newest` is the newest that is open. */
export const closeWord = (newest: Omit<NewestVersion, "exportable">): string =>
  word("close-source", newest, "exportable");

const word = (
  operation: "destroy-source" | "close-source",
  { id, owner, version }: Omit<NewestVersion, "exportable">,
  state: string,
): string => confirmationWord({ operation, cloudId: id, lineage: owner, version, state });
