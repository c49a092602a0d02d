import type { InventoryRecord } from "../provider/model/inventory";

// What reads the list is loaded when a program first asks for it; no other program should wait for it. A CommonJS module under node16
// resolution keeps import() native, which does not run synchronously.
/* eslint-disable @typescript-eslint/no-require-imports, @typescript-eslint/no-unsafe-return */
const load = (): typeof import("../provider/model/packed-inventory") => require("../provider/model/packed-inventory");
/* eslint-enable */

/** The keys in the packed list of an inventory. */
export function unpackedKeys(listing: string): readonly InventoryRecord[] {
  const keys = load().unpackInventory(listing);
  if (keys !== undefined) return keys;
  throw new Error("The list of an AwsKeyInventory in the state cannot be read. Run: pulumi refresh");
}
