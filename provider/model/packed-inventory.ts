import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { inventoryRecordSchema, type InventoryRecord } from "./inventory";

/**
 * A list of keys as one text for the state: compressed JSON in base64, about a hundred bytes a key. Pulumi spends its time per value and
 * rewrites the state many times in a run; see docs/decisions/0015-inventories-are-one-packed-text.md.
 */
export const packInventory = (records: readonly InventoryRecord[]): string =>
  gzipSync(Buffer.from(JSON.stringify(records), "utf8"), { level: 9 }).toString("base64");

const records = z.array(inventoryRecordSchema);

/** Reads such a text; undefined where it is none. */
export function unpackInventory(text: unknown): readonly InventoryRecord[] | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const unpacked: unknown = JSON.parse(gunzipSync(Buffer.from(text, "base64")).toString("utf8"));
    return records.parse(unpacked);
  } catch {
    return undefined;
  }
}
