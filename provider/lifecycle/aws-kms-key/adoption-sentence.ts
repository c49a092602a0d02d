import type { KmsKeyFacts } from "../../model/ports/kms";
import { sameExpiry } from "../../model/validity";

/** What an adoption does to a key in one Region, where its material is to expire at `validTo`. */
export function adoptionSentence({ arn, state, expires, validTo: found }: KmsKeyFacts, validTo?: string): string {
  const rest = "what the program does not name stays as it is.";
  if (state === "PendingImport") return `adopts ${arn}: our tags are written and the key material is imported; ${rest}`;
  const present = expires ? found?.toISOString() : undefined;
  if (validTo === undefined || sameExpiry(validTo, present))
    return `adopts ${arn}: our tags are written; its key material and what the program does not name stay as they are.`;
  const now = present === undefined ? "it does not expire now" : `it expires at ${present} now`;
  return `adopts ${arn}: our tags are written and the same key material is imported again, to expire at ${validTo} (${now}); ${rest}`;
}
