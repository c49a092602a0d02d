import type { CopyLink, VersionRef } from "../../model/ports/custodian";
import { readLinks, removeLink, writeLink } from "../copy-links";
import type { OperationContext } from "../operation-context";

/** {@link CustodianPort.links} */
export const links = ({ token }: OperationContext, owner: string): Promise<readonly CopyLink[]> =>
  readLinks(token, owner);

/** {@link CustodianPort.noteDeletion}. A copy that the token does not remember needs no note. */
export async function noteDeletion(
  context: OperationContext,
  version: VersionRef,
  arn: string,
  deletionDate?: string,
): Promise<void> {
  const { token } = context;
  await context.perOwner(version.owner, async () => {
    const link = (await readLinks(token, version.owner)).find(
      (one) => one.version === version.version && one.arn === arn,
    );
    if (link === undefined || (deletionDate !== undefined && link.deletionDate === deletionDate)) return;
    await context.change(() =>
      deletionDate === undefined ? removeLink(token, link) : writeLink(token, { ...link, deletionDate }),
    );
  });
}

/** {@link CustodianPort.noteRevival} */
export async function noteRevival(context: OperationContext, version: VersionRef, arn: string): Promise<void> {
  const { token } = context;
  await context.perOwner(version.owner, async () => {
    const link = (await readLinks(token, version.owner)).find(
      (one) => one.version === version.version && one.arn === arn,
    );
    if (link?.deletionDate === undefined) return;
    const { deletionDate: _, ...living } = link;
    await context.change(() => writeLink(token, living));
  });
}
