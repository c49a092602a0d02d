import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { azureInventoryRecordSchema, type AzureInventoryRecord } from "./azure-inventory";
import { inventoryRecordSchema, type InventoryRecord } from "./inventory";

/**
 * A list of keys as one text for the state: compressed JSON in base64, about a hundred bytes a key. Pulumi spends its time per value and
 * rewrites the state many times in a run; see docs/decisions/0015-inventories-are-one-packed-text.md.
 */
export const packInventory = (records: readonly (InventoryRecord | AzureInventoryRecord)[]): string =>
  gzipSync(Buffer.from(JSON.stringify(records), "utf8"), { level: 9 }).toString("base64");

/** Reads such a text of AWS keys; undefined where it is none. */
export const unpackInventory = (text: unknown): readonly InventoryRecord[] | undefined =>
  unpacked(text, inventoryRecordSchema);

/** Reads such a text of a vault's keys; undefined where it is none. */
export const unpackAzureInventory = (text: unknown): readonly AzureInventoryRecord[] | undefined =>
  unpacked(text, azureInventoryRecordSchema);

function unpacked<Listed>(text: unknown, record: z.ZodType<Listed>): readonly Listed[] | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const found: unknown = JSON.parse(gunzipSync(Buffer.from(text, "base64")).toString("utf8"));
    return z.array(record).parse(found);
  } catch {
    return undefined;
  }
}
