import type { KmsKeyFacts } from "../../model/ports/kms";

/** What an adoption does to a key in one Region. */
export const adoptionSentence = ({ arn, state }: KmsKeyFacts): string =>
  state === "PendingImport"
    ? `adopts ${arn}: our tags are written and the key material is imported; what the program does not name stays as it is.`
    : `adopts ${arn}: our tags are written; its key material and what the program does not name stay as they are.`;
