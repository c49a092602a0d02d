import type { TokenHolding } from "../model/ports/kept-material";
import { withTokenOf, type HeldInToken, type TokenChoice } from "./held-in-token";
import { printHoldings } from "./print-holdings";
import type { Terminal } from "./terminal";

/** Options of `byok token list`. */
export interface TokenListOptions extends TokenChoice {
  readonly json?: boolean;
}

/** A key in the token, and what the stack knows of it. */
export interface ListedHolding extends TokenHolding {
  /** The `SourceKey` of this stack that it belongs to. */
  readonly sourceKey: string | undefined;
  /** Keys of this stack that have its material. */
  readonly holders: readonly string[];
  /** ISO 8601: when it was made, as the stack knows, or first copied, as the token remembers. */
  readonly since: string | undefined;
}

/** `byok token list`: everything of this package in a group's token. It only reads. */
export async function tokenListCommand(options: TokenListOptions, terminal: Terminal): Promise<void> {
  await withTokenOf("token list", options, async (held) => {
    for (const name of held.users.unreadable)
      terminal.err(`byok: the state of ${name} cannot be read, so the list does not tell what it has.`);
    const listed = held.holdings.map((holding) => withUsers(holding, held));
    await terminal.out(
      options.json === true ? `${JSON.stringify(listed, undefined, 2)}\n` : printHoldings(listed, held),
    );
  });
}

function withUsers(holding: TokenHolding, { users }: HeldInToken): ListedHolding {
  const [firstCopy] = holding.copies.map(({ copiedAt }) => copiedAt).sort();
  return {
    ...holding,
    sourceKey: users.sourceKey(holding.owner),
    holders: users.holders(holding),
    since: users.madeAt(holding) ?? firstCopy,
  };
}
