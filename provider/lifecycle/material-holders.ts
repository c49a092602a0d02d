import { ByokError } from "../model/errors";
import type { TokenConnection } from "../model/token";
import type { LifecycleContext } from "./contract";
import { sameJson } from "./same-json";

/** Who remembers copies of a key: the owner hash under which a token links them. */
export interface Holder {
  readonly token: TokenConnection;
  readonly owner: string;
}

/** Each holder once; where token or owner is unknown, nobody remembers. */
export function eachHolder(
  found: readonly { readonly token?: TokenConnection | undefined; readonly owner?: string | undefined }[],
): readonly Holder[] {
  const holders: Holder[] = [];
  for (const { token, owner } of found) {
    if (token === undefined || owner === undefined) continue;
    if (!holders.some((each) => sameJson(each, { token, owner }))) holders.push({ token, owner });
  }
  return holders;
}

/** Says what it means that a token could not take back the date of a copy that stays. */
export function warnOfDate(context: LifecycleContext, error: unknown, remedy = ""): void {
  const { sentence } = ByokError.from(error, "Noting the return in the token");
  context.log.warn(
    `the token could not note that this copy stays: ${sentence} Until it does, it lets the source key be destroyed once the former date has passed; do not destroy it${remedy}.`,
  );
}
