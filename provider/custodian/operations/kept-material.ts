import { ByokError } from "../../model/errors";
import type { KeptKey, TokenHolding } from "../../model/ports/kept-material";
import { holdingKind } from "../../model/token-holding";
import { readEveryLink } from "../copy-links";
import { readDeactivated } from "../deactivated";
import { describeVersion, markedKeys, versionInWords, type MarkedKey } from "../find-version";
import type { OperationContext } from "../operation-context";
import { claimedOwners } from "./claim-key";
import { destroyJudged } from "./destroy-version";

/** {@link KeptMaterialPort.holdings} */
export async function holdings(context: OperationContext): Promise<readonly TokenHolding[]> {
  const { token } = context;
  const claimed = await claimedOwners(token);
  const links = await readEveryLink(token);
  const found: TokenHolding[] = [];
  const inactive = new Map<string, readonly number[]>();
  for (const marked of await markedKeys(context)) {
    const { owner, version } = marked.label;
    const deactivated = inactive.get(owner) ?? (await readDeactivated(token, owner));
    inactive.set(owner, deactivated);
    found.push({
      ...(await describeVersion(token, marked)),
      kind: holdingKind(await token.traits(marked.key.id), claimed?.has(owner)),
      deactivated: deactivated.includes(version),
      copies: links.filter((link) => link.owner === owner && link.version === version),
    });
  }
  return found;
}

/** {@link KeptMaterialPort.discard} */
export const discard = (context: OperationContext, { id, owner, version }: KeptKey): Promise<void> =>
  destroyJudged(context, { owner, version }, async (found) => {
    if (found.key.id !== id) throw anotherKey(found, id);
    const claimed = await claimedOwners(context.token);
    const kind = holdingKind(await context.token.traits(id), claimed?.has(owner));
    if (kind !== "kept") throw ofSourceKey(found);
  });

const anotherKey = ({ key, label }: MarkedKey, id: string): ByokError =>
  new ByokError(
    "BYOK_KEY_DRIFTED",
    `${versionInWords(label)} is another key by now: CKA_ID ${key.id}, not ${id}. It was not destroyed.`,
    { hint: "List the token again, and name the key that is meant." },
  );

const ofSourceKey = ({ label }: MarkedKey): ByokError =>
  new ByokError(
    "BYOK_OWNED_BY_ANOTHER",
    `${versionInWords(label)} is no kept material: it is a key of a SourceKey, and its stack decides about it.`,
    {
      hint: 'Set onDestroy: "destroy" on that SourceKey and remove it; where no stack has it any more, take it over with adopt: { owner } first.',
    },
  );
