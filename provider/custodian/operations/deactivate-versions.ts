import { ByokError } from "../../model/errors";
import { storesLinks } from "../copy-links";
import { readDeactivated, writeDeactivated } from "../deactivated";
import type { OperationContext } from "../operation-context";

/** {@link CustodianPort.deactivated} */
export const deactivated = ({ token }: OperationContext, owner: string): Promise<readonly number[]> =>
  readDeactivated(token, owner);

/** {@link CustodianPort.setDeactivated} */
export async function setDeactivated(
  context: OperationContext,
  owner: string,
  versions: readonly number[],
): Promise<void> {
  const { token } = context;
  if (!(await storesLinks(token)))
    throw new ByokError(
      "BYOK_TOKEN_UNSUPPORTED",
      "This token stores no data objects, so it remembers no deactivation.",
      {
        hint: "Leave rotation.deactivateOld out.",
      },
    );
  await context.perOwner(owner, async () => {
    const before = await readDeactivated(token, owner);
    if ([...before].sort().join() === [...versions].sort().join()) return;
    await context.change(() => writeDeactivated(token, owner, versions));
  });
}
