import type { ByokError } from "../../provider/model/errors";
import type { CallerIdentity } from "../../provider/model/ports/kms";
import type { KmsInventoryPort, ListedKey, ListingOptions } from "../../provider/model/ports/kms-inventory";
import { listedKey } from "../model/listed-key";
import { account } from "./fake-kms";

/** An account and Region with the keys that a test puts in. */
export class FakeInventory implements KmsInventoryPort {
  keysThere: readonly ListedKey[] = [listedKey("one"), listedKey("two")];
  caller = account;
  failure: ByokError | undefined;
  /** The options of each listing. */
  readonly listings: ListingOptions[] = [];

  callerIdentity(): Promise<CallerIdentity> {
    return Promise.resolve({ account: this.caller, arn: `arn:aws:iam::${this.caller}:user/ci` });
  }

  async *keys(options: ListingOptions = {}): AsyncGenerator<ListedKey, void, undefined> {
    this.listings.push(options);
    for (const key of this.keysThere) {
      if (this.failure !== undefined) throw this.failure;
      yield await Promise.resolve(key);
    }
  }
}
