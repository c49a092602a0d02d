import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { z } from "zod";
import { ByokError } from "../model/errors";
import { inventoryRecordSchema } from "../model/inventory";

/** The form of the list, as `--json` prints it and `--out` keeps it. */
const inventoryFile = z.object({
  schemaVersion: z.literal(1),
  account: z.string(),
  region: z.string(),
  /** ISO 8601. */
  listedAt: z.string(),
  keys: z.array(inventoryRecordSchema),
});
export type InventoryFile = z.infer<typeof inventoryFile>;

/** An earlier list of the same account and Region; undefined where there is no such file. */
export async function readInventory(
  file: string,
  place: { readonly account: string; readonly region: string },
): Promise<InventoryFile | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw refusal(file, "cannot be read");
  }
  const parsed = inventoryFile.safeParse(jsonOf(text));
  if (!parsed.success) throw refusal(file, "holds something else than a list of keys");
  const { account, region } = parsed.data;
  if (account === place.account && region === place.region) return parsed.data;
  throw refusal(file, `holds the keys of account ${account}, ${region}`);
}

/** Writes a file as a whole or not at all. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, text, { flag: "wx" });
    await rename(draft, file);
  } catch {
    await rm(draft, { force: true });
    throw new ByokError("BYOK_INPUT_INVALID", `${file} cannot be written.`, {
      hint: "Name a file that you may write.",
    });
  }
}

const refusal = (file: string, why: string): ByokError =>
  new ByokError("BYOK_INPUT_INVALID", `${file} ${why}, so it is left alone.`, { hint: "Name another file." });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
