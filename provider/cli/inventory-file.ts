import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { z } from "zod";
import { ByokError } from "../model/errors";
import type { ListedRecord } from "../model/merge-inventory";
import type { CloudList } from "./cloud-list";

/** The form of a list, as `--json` prints it and `--out` keeps it; the texts that name the place stand beside these. */
const frame = z.looseObject({
  schemaVersion: z.literal(1),
  /** ISO 8601. */
  listedAt: z.string(),
});

/** The keys of an earlier list of the same place; undefined where there is no such file. */
export async function readInventory<Listed extends ListedRecord>(
  file: string,
  list: CloudList<Listed>,
): Promise<readonly Listed[] | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw refusal(file, "cannot be read");
  }
  const found = jsonOf(text);
  const names = Object.keys(list.place);
  const place = z.object(Object.fromEntries(names.map((name) => [name, z.string()]))).safeParse(found);
  const keys = z.object({ keys: z.array(list.record) }).safeParse(found);
  if (!frame.safeParse(found).success || !place.success || !keys.success)
    throw refusal(file, "holds something else than a list of keys");
  if (names.every((name) => place.data[name] === list.place[name])) return keys.data.keys;
  throw refusal(file, `holds the keys of ${list.placeWords(place.data)}`);
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
