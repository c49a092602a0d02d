import { ByokError } from "../model/errors";
import type { AwsCaller } from "./aws-caller";
import { aliasesOf } from "./kms-lists";
import { describeKey, type Looks } from "./read-key";
import type { RecentWrites } from "./recent-writes";
import { keyIdOf } from "./recent-writes";

/** Waits while a listing does not show yet what this process wrote; their sum bounds how long it is doubted. */
const DOUBT_MS = [250, 500, 1_000, 2_000, 4_000];

/**
 * Id of the key that an alias points to. DescribeKey answers with one call; where the target key may not be described, the
 * account's aliases are listed instead.
 *
 * One look is enough for whoever asks before CreateAlias, which never takes an alias away: were it missed, KMS itself refuses. An alias
 * that this process made a moment ago is looked for longer in any case.
 */
export const aliasTarget = (
  caller: AwsCaller,
  recent: RecentWrites,
  alias: string,
  looks: Looks = 2,
): Promise<string | undefined> =>
  untilAgreed(
    caller,
    async () => {
      try {
        const key = await describeKey(caller, alias, { isNew: () => recent.isNew(alias) }, looks);
        return key?.keyId;
      } catch (error) {
        if (!(error instanceof ByokError) || error.code !== "BYOK_AWS_ACCESS_DENIED") throw error;
        const target = (await aliasesOf(caller)).find(({ name }) => name === alias)?.target;
        return target === undefined ? undefined : keyIdOf(target);
      }
    },
    (target) => recent.agreesOnTarget(alias, target),
  );

/** Names of the aliases that point to a key. */
export const listAliases = (caller: AwsCaller, recent: RecentWrites, keyId: string): Promise<readonly string[]> =>
  untilAgreed(
    caller,
    async () => (await aliasesOf(caller, keyId, { isNew: () => recent.isNew(keyId) })).map(({ name }) => name),
    (names) => recent.agreesOnAliases(keyId, names),
  );

async function untilAgreed<T>(caller: AwsCaller, read: () => Promise<T>, agrees: (answer: T) => boolean): Promise<T> {
  for (const wait of DOUBT_MS) {
    const answer = await read();
    if (agrees(answer)) return answer;
    await caller.surroundings.sleep(wait, caller.surroundings.signal);
  }
  return read();
}
