import type { AzureInventoryRecord } from "../provider/model/azure-inventory";
import type { InventoryRecord } from "../provider/model/inventory";

// What reads the list is loaded when a program first asks for it; no other program should wait for it. A CommonJS module under node16
// resolution keeps import() native, which does not run synchronously.
/* eslint-disable @typescript-eslint/no-require-imports, @typescript-eslint/no-unsafe-return */
const load = (): typeof import("../provider/model/packed-inventory") => require("../provider/model/packed-inventory");
/* eslint-enable */

/** The keys in the packed list of an account and Region. */
export const unpackedKeys = (listing: string): readonly InventoryRecord[] =>
  readable("AwsKeyInventory", load().unpackInventory(listing));

/** The keys in the packed list of a vault. */
export const unpackedAzureKeys = (listing: string): readonly AzureInventoryRecord[] =>
  readable("AzureKeyInventory", load().unpackAzureInventory(listing));

function readable<Listed>(kind: string, keys: readonly Listed[] | undefined): readonly Listed[] {
  if (keys !== undefined) return keys;
  throw new Error(`The list of an ${kind} in the state cannot be read. Run: pulumi refresh`);
}
