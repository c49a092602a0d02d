import { ByokError } from "../model/errors";
import type { OwnedKey } from "../model/ports/kms";
import type { AwsCaller } from "./aws-caller";
import { allKeys, taggedKeys, tagsOf } from "./kms-lists";
import type { IndexReader } from "./owner-index";
import { isNotFound } from "./read-key";

const isDenied = (error: unknown): boolean => error instanceof ByokError && error.code === "BYOK_AWS_ACCESS_DENIED";

/** Keys of the connection's account and Region whose owner tag has this value. */
export async function ownedKeys(caller: AwsCaller, owner: string): Promise<readonly OwnedKey[]> {
  const { index, recent } = await caller.memory();
  const hasTagging = await caller.hasTagging();
  const reader: IndexReader = {
    keys: () => allKeys(caller),
    tags: async (keyId) => {
      try {
        return await tagsOf(caller, keyId, { isNew: () => recent.isNew(keyId) });
      } catch (error) {
        if (isNotFound(error)) return undefined;
        if (isDenied(error)) return "unreadable";
        throw error;
      }
    },
    tagged: async () => {
      if (!hasTagging) return undefined;
      try {
        return await taggedKeys(caller);
      } catch (error) {
        // It only adds to the listing, so any way in which it is not available is one.
        if (error instanceof ByokError && error.code !== "BYOK_AWS_WRONG_ACCOUNT") return undefined;
        throw error;
      }
    },
    sleep: (milliseconds) => caller.surroundings.sleep(milliseconds, caller.surroundings.signal),
    notice: caller.surroundings.notice,
  };
  return index.find(owner, reader);
}
