import type { CopyLink, VersionRef } from "../../model/ports/custodian";
import { readLinks, removeLink, writeLink } from "../copy-links";
import type { OperationContext } from "../operation-context";

/** {@link CustodianPort.links}; the provider's side keeps what is recent. */
export const links = (
  { token }: OperationContext,
  owner: string,
  _options?: { readonly recent?: boolean },
): Promise<readonly CopyLink[]> => readLinks(token, owner);

/** {@link CustodianPort.noteDeletion}. A copy that the token does not remember needs no note. */
export async function noteDeletion(
  context: OperationContext,
  version: VersionRef,
  arn: string,
  deletionDate?: string,
): Promise<void> {
  const { token } = context;
  await withLink(context, version, arn, async ({ returning, ...link }) => {
    if (deletionDate !== undefined && link.deletionDate === deletionDate && returning === undefined) return;
    await context.change(() =>
      deletionDate === undefined ? removeLink(token, link) : writeLink(token, { ...link, deletionDate }),
    );
  });
}

/** {@link CustodianPort.noteRevival} */
export async function noteRevival(context: OperationContext, version: VersionRef, arn: string): Promise<void> {
  await withLink(context, version, arn, async ({ deletionDate, ...living }) => {
    if (deletionDate !== undefined) await context.change(() => writeLink(context.token, living));
  });
}

/** {@link CustodianPort.noteReturning} */
export async function noteReturning(
  context: OperationContext,
  version: VersionRef,
  arn: string,
  deletionDate?: string,
): Promise<void> {
  await withLink(context, version, arn, async ({ returning, ...link }) => {
    if (returning === deletionDate) return;
    const next = deletionDate === undefined ? link : { ...link, returning: deletionDate };
    await context.change(() => writeLink(context.token, next));
  });
}

/** A copy that the token does not remember has nothing to be noted of. */
const withLink = (
  context: OperationContext,
  { owner, version }: VersionRef,
  arn: string,
  act: (link: CopyLink) => Promise<void>,
): Promise<void> =>
  context.perOwner(owner, async () => {
    const link = (await readLinks(context.token, owner)).find((one) => one.version === version && one.arn === arn);
    if (link !== undefined) await act(link);
  });
