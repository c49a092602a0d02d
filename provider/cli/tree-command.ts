import { keyTree } from "./key-tree";
import { printTree } from "./print-tree";
import { readStack } from "./stack-export";

/** Options of `byok tree`. */
export interface TreeOptions {
  readonly json?: boolean;
  /** An exported state instead of the stack itself; `-` for standard input. */
  readonly file?: string;
}

/** `byok tree [stack]`: every source key with its copies, from the stack's state. It reads, and needs neither PIN nor cloud. */
export async function treeCommand(stack: string | undefined, options: TreeOptions): Promise<string> {
  const tree = keyTree(await readStack({ stack, file: options.file, command: "tree" }));
  return options.json === true ? `${JSON.stringify(tree, undefined, 2)}\n` : printTree(tree);
}
