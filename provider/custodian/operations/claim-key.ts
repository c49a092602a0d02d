import type { TokenPort } from "../../model/ports/token";
import { storesLinks } from "../copy-links";
import type { OperationContext } from "../operation-context";

const prefix = "byok-claim ";
const claimLabel = (owner: string): string => `${prefix}${owner}`;

/** {@link CustodianPort.claim} */
export async function claim(context: OperationContext, owner: string, mark: string): Promise<void> {
  const { token } = context;
  if (!(await storesLinks(token))) return;
  await context.perOwner(owner, () =>
    context.change(() => token.putData(claimLabel(owner), Buffer.from(mark, "utf8"))),
  );
}

/** {@link CustodianPort.claimant} */
export async function claimant({ token }: OperationContext, owner: string): Promise<string | undefined> {
  if (!(await storesLinks(token))) return undefined;
  const label = claimLabel(owner);
  const found = (await token.listData(label)).find((object) => object.label === label);
  return found?.value.toString("utf8");
}

/** Owners whose key some source key has claimed; undefined where the token remembers no claims. */
export async function claimedOwners(token: TokenPort): Promise<ReadonlySet<string> | undefined> {
  if (!(await storesLinks(token))) return undefined;
  return new Set((await token.listData(prefix)).map(({ label }) => label.slice(prefix.length)));
}

/** Forgets who had a key that is gone. */
export const forgetClaim = ({ token }: OperationContext, owner: string): Promise<void> =>
  token.deleteData(claimLabel(owner));
