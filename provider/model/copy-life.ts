import { keyOfCopy } from "./exported-copy";
import type { CopyLink } from "./ports/custodian";

/** True while the copy may still need its material: until its deletion date has passed it can come back. */
export const mayNeedMaterial = ({ deletionDate }: Pick<CopyLink, "deletionDate">, now: Date): boolean =>
  deletionDate === undefined || Date.parse(deletionDate) > now.getTime();

/** The links of copies that {@link mayNeedMaterial}. */
export const livingCopies = (links: readonly CopyLink[], now: Date): readonly CopyLink[] =>
  links.filter((link) => mayNeedMaterial(link, now));

/**
 * What a person is told of copies whose date has passed: a token knows when a cloud was to delete them, and not whether somebody took that back since.
 * Undefined where there are none.
 */
export function uncheckedSentence(
  links: readonly Pick<CopyLink, "arn" | "copyName" | "deletionDate">[],
  now: Date,
): string | undefined {
  const passed = links.flatMap((link) =>
    link.deletionDate === undefined || mayNeedMaterial(link, now)
      ? []
      : [`${link.copyName} (${keyOfCopy(link.arn)}, ${link.deletionDate.slice(0, 10)})`],
  );
  if (passed.length === 0) return undefined;
  return (
    `The cloud was to delete these copies on the dates that the token noted, and it was not checked whether it did: ${passed.join("; ")}. ` +
    "Look at each first (aws kms describe-key --key-id ARN, az keyvault key show --id ID): one whose deletion was cancelled still needs this material."
  );
}
