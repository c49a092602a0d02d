import type { CopyLink } from "./ports/custodian";

/** True while the copy may still need its material: until its deletion date has passed it can come back. */
export const mayNeedMaterial = ({ deletionDate }: Pick<CopyLink, "deletionDate">, now: Date): boolean =>
  deletionDate === undefined || Date.parse(deletionDate) > now.getTime();

/** The links of copies that {@link mayNeedMaterial}. */
export const livingCopies = (links: readonly CopyLink[], now: Date): readonly CopyLink[] =>
  links.filter((link) => mayNeedMaterial(link, now));
