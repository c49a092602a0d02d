import { mayNeedMaterial } from "../../model/copy-life";
import { ByokError } from "../../model/errors";
import type { CopyLink, VersionRef } from "../../model/ports/custodian";
import { isExportedCopy, keyOfCopy } from "../../model/exported-copy";
import { readLinks, removeLink, storesLinks } from "../copy-links";
import { writeDeactivated } from "../deactivated";
import { forgetClaim } from "./claim-key";
import { findVersion, markedKeys, versionInWords, type MarkedKey } from "../find-version";
import type { KeyLabel } from "../../model/key-label";
import type { OperationContext } from "../operation-context";

/**
 * {@link CustodianPort.destroy}: the key, then the links of its version, which are all over by then. A version that is gone
 * already is success, so that a run that died in between can be repeated.
 */
export const destroy = (context: OperationContext, version: VersionRef): Promise<void> =>
  destroyJudged(context, version, () => Promise.resolve());

/** {@link destroy}, once `judge` has looked at the key that is found: nothing else of its owner happens in between. */
export async function destroyJudged(
  context: OperationContext,
  version: VersionRef,
  judge: (found: MarkedKey) => Promise<void>,
): Promise<void> {
  const { token } = context;
  await context.perOwner(version.owner, async () => {
    const found = await findVersion(context, version);
    if (found !== undefined) await judge(found);
    if (found !== undefined && !(await storesLinks(token))) throw unknownCopies(found.label);
    const links = (await readLinks(token, version.owner)).filter((link) => link.version === version.version);
    if (found !== undefined) {
      const alive = links.filter((link) => mayNeedMaterial(link, context.clock()));
      if (alive.length > 0) throw hasCopies(found.label, alive);
      await context.change(() => token.destroy(found.key.id));
    }
    for (const link of links.filter((one) => !mayNeedMaterial(one, context.clock()))) await removeLink(token, link);
    if ((await markedKeys(context, version.owner)).length === 0 && (await storesLinks(token))) {
      await forgetClaim(context, version.owner);
      await writeDeactivated(token, version.owner, []);
    }
  });
}

function unknownCopies(label: KeyLabel): ByokError {
  return new ByokError(
    "BYOK_TOKEN_UNSUPPORTED",
    `This token cannot store data objects, so nothing remembers where ${versionInWords(label)} was copied to, and it is not destroyed here.`,
    { hint: 'Check that no copy needs it, destroy it with the token\'s own tool, and set onDestroy to "retain".' },
  );
}

function hasCopies(label: KeyLabel, links: readonly CopyLink[]): ByokError {
  return new ByokError(
    "BYOK_KEY_HAS_COPIES",
    `${capital(versionInWords(label))} is not destroyed, because copies may still need its material: ${links.map(inWords).join("; ")}.`,
    {
      hint: `${links.some(({ arn }) => isExportedCopy(arn)) ? "Once nobody needs a .byok file or the key imported from it: byok azure forget-export. For other copies: schedule" : "Schedule"} the deletion of these copies and wait for the dates, or keep the source key.`,
    },
  );
}

function inWords({ copyName, arn, deletionDate }: CopyLink): string {
  if (isExportedCopy(arn)) return `"${copyName}", a .byok file for ${keyOfCopy(arn)}`;
  const fate = deletionDate === undefined ? "not scheduled for deletion" : `scheduled for deletion on ${deletionDate}`;
  return `"${copyName}" ${placeOf(arn)} (${arn}, ${fate})`;
}

function placeOf(cloudId: string): string {
  if (cloudId.startsWith("https://")) return `in the vault ${new URL(cloudId).host}`;
  const [, , , region, account] = cloudId.split(":");
  return `in account ${account ?? "?"}, Region ${region ?? "?"}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
