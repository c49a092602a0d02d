import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { ByokError } from "../model/errors";
import { keyTree } from "./key-tree";
import { printTree } from "./print-tree";

/** Options of `byok tree`. */
export interface TreeOptions {
  readonly json?: boolean;
  /** An exported state instead of the stack itself; `-` for standard input. */
  readonly file?: string;
}

/** `byok tree [stack]`: every source key with its copies, from the stack's state. It reads, and needs neither PIN nor cloud. */
export async function treeCommand(stack: string | undefined, options: TreeOptions): Promise<string> {
  const text = options.file === undefined ? await exportStack(stack) : await readExport(options.file);
  let exported: unknown;
  try {
    exported = JSON.parse(text);
  } catch {
    throw new ByokError("BYOK_INPUT_INVALID", "That is no exported stack.", {
      hint: "Make one with pulumi stack export.",
    });
  }
  const tree = keyTree(exported);
  return options.json === true ? `${JSON.stringify(tree, undefined, 2)}\n` : printTree(tree);
}

const readExport = (file: string): Promise<string> => readFile(file === "-" ? "/dev/stdin" : file, "utf8");

async function exportStack(stack: string | undefined): Promise<string> {
  const args = ["stack", "export", "--non-interactive", ...(stack === undefined ? [] : ["--stack", stack])];
  try {
    const { stdout } = await promisify(execFile)("pulumi", args, { maxBuffer: 1 << 30 });
    return stdout;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new ByokError("BYOK_INPUT_INVALID", "The pulumi command is not on PATH.", {
        hint: "Put it there, or hand over an exported stack: byok tree --file state.json",
      });
    }
    const said =
      error instanceof Error && "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim() : "";
    throw new ByokError("BYOK_INPUT_INVALID", `pulumi stack export failed: ${said.replace(/^error: /, "")}`, {
      hint: "Run it in the project's folder, with the stack's name: byok tree STACK",
    });
  }
}
