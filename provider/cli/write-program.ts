import { access, writeFile } from "node:fs/promises";
import path from "node:path";
import { ByokError } from "../model/errors";
import { replaceFile } from "./inventory-file";

/** @throws ByokError BYOK_INPUT_INVALID where the file is there already, before any cloud is asked. */
export async function requireFree(file: string, force: boolean): Promise<void> {
  if (!file.endsWith(".ts")) {
    throw new ByokError("BYOK_INPUT_INVALID", `--program ${file} is no TypeScript file.`, {
      hint: "Name a file that ends with .ts.",
    });
  }
  if (force) return;
  try {
    await access(file);
  } catch {
    return;
  }
  throw occupied(file);
}

/** Writes a program, which knows the name of its own module; over an existing file only where that is forced. */
export async function writeProgram(file: string, force: boolean, textFor: (module: string) => string): Promise<void> {
  const text = textFor(path.basename(file, ".ts"));
  if (force) return replaceFile(file, text);
  try {
    await writeFile(file, text, { flag: "wx" });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") throw occupied(file);
    throw new ByokError("BYOK_INPUT_INVALID", `${file} cannot be written.`, {
      hint: "Name a file that you may write.",
    });
  }
}

const occupied = (file: string): ByokError =>
  new ByokError("BYOK_INPUT_INVALID", `${file} exists already, so it is left alone.`, {
    hint: "Name another file with --program, or write over it with --force.",
  });
