import { confirmationWord, isConfirmed } from "../model/confirmation";
import { livingCopies, uncheckedSentence } from "../model/copy-life";
import { ByokError } from "../model/errors";
import { keyOfCopy } from "../model/exported-copy";
import type { TokenHolding } from "../model/ports/kept-material";
import { withTokenOf, type HeldInToken, type TokenChoice } from "./held-in-token";
import { copyFate } from "./print-holdings";
import type { Terminal } from "./terminal";

/** Options of `byok token destroy`. */
export interface TokenDestroyOptions extends TokenChoice {
  /** CKA_IDs. */
  readonly id: readonly string[];
  /** Words, separated by commas. */
  readonly confirm?: string;
}

/** `byok token destroy`: destroys kept material, once every one that is named may go and is confirmed. */
export async function tokenDestroyCommand(
  options: TokenDestroyOptions,
  terminal: Terminal,
  now: () => Date = () => new Date(),
): Promise<void> {
  await withTokenOf("token destroy", options, async (held) => {
    const chosen = [...new Set(options.id)].map((id) => keptMaterial(id, held, now()));
    await terminal.out(consequence(chosen, held, now()));
    const missing = chosen.map(wordFor).filter((word) => !isConfirmed(options.confirm, word));
    if (missing.length > 0) {
      throw new ByokError(
        "BYOK_CONFIRM_REQUIRED",
        `${inWords(chosen)} would leave the token for ever. Nothing was destroyed.`,
        {
          hint: `To go on: BYOK_CONFIRM=${chosen.map(wordFor).join(",")} in the environment of the same command, or --confirm with the same.`,
        },
      );
    }
    for (const { owner, version, id, name } of chosen) {
      await held.custodian.discard({ owner, version, id });
      terminal.err(`byok: version ${version} of "${name}" is destroyed (CKA_ID ${id}).`);
    }
  });
}

/** The material of a CKA_ID, where nothing and nobody needs it any more. */
function keptMaterial(id: string, { holdings, storesLinks, users }: HeldInToken, now: Date): TokenHolding {
  const found = holdings.find((holding) => holding.id === id.toLowerCase());
  if (found === undefined) throw unknownId(id, holdings);
  const about = `version ${found.version} of "${found.name}"`;
  const sourceKey = users.sourceKey(found.owner);
  if (sourceKey !== undefined || found.kind !== "kept") {
    throw new ByokError(
      "BYOK_OWNED_BY_ANOTHER",
      `${about} is no kept material: it belongs to ${sourceKey === undefined ? "a SourceKey, as far as the token tells" : `the SourceKey ${sourceKey} of this stack`}. Nothing was destroyed.`,
      {
        hint: 'A SourceKey destroys its versions itself: set onDestroy: "destroy" on it and remove it; where no stack has it any more, take it over with adopt: { owner } first.',
      },
    );
  }
  if (!storesLinks) {
    throw new ByokError(
      "BYOK_TOKEN_UNSUPPORTED",
      `${about} is not destroyed here: this token stores no data objects, so nobody knows which copies there are.`,
      { hint: "Make sure that no copy needs the material again, and use the token's own tools." },
    );
  }
  if (users.unreadable.length > 0) {
    throw new ByokError(
      "BYOK_INPUT_INVALID",
      `${about} is not destroyed: the state of ${users.unreadable.join(", ")} cannot be read, so nobody knows whether it is needed there.`,
      {
        hint: "Run pulumi up, or use the version of this package that wrote the state. pulumi.secret(…) and additionalSecretOutputs hide a state from this command.",
      },
    );
  }
  const living = livingCopies(found.copies, now);
  const holders = users.holders(found);
  if (living.length > 0 || holders.length > 0) {
    const copies = living.map((link) => `${link.copyName} (${keyOfCopy(link.arn)}, ${copyFate(link)})`);
    const needed = [...holders.map((name) => `${name} of this stack`), ...copies];
    throw new ByokError(
      "BYOK_KEY_HAS_COPIES",
      `${about} is not destroyed: these could never get their material again: ${needed.join("; ")}.`,
      {
        hint: `Remove the copies first, and wait for their deletion dates: until then each can come back. Then run this again.${holders.length === 0 ? "" : " Where the cloud has deleted a key of this stack by now, the state does not know it yet: run pulumi refresh."}`,
      },
    );
  }
  return found;
}

/** It goes stale once the material, or what the token remembers of its copies, changes. */
const wordFor = ({ id, owner, version, exportable, copies }: TokenHolding): string =>
  confirmationWord({
    operation: "discard-kept",
    cloudId: id,
    lineage: owner,
    version,
    state: exportable ? "exportable" : "closed",
    deletion: copies.map(({ arn, deletionDate }) => `${arn} ${deletionDate ?? ""}`).join(","),
  });

function consequence(chosen: readonly TokenHolding[], { identity }: HeldInToken, now: Date): string {
  const head = `To be destroyed in the token ${identity.label} (serial ${identity.serial}), for ever:`;
  const tail =
    "No key can get this material from the token again. Only the files that it came from bring it back, as long as somebody has them; what was encrypted with it can be read by no other means then.";
  const unchecked = uncheckedSentence(
    chosen.flatMap(({ copies }) => copies),
    now,
  );
  return `${[head, ...chosen.flatMap(lines), ...(unchecked === undefined ? [] : [unchecked]), tail].join("\n")}\n`;
}

const lines = (holding: TokenHolding): readonly string[] => [
  `  version ${holding.version} of "${holding.name}"  ${holding.spec}  check value ${holding.checkValue}  CKA_ID ${holding.id}`,
  `    fingerprint ${holding.fingerprint.method}:${holding.fingerprint.value}`,
  ...(holding.copies.length === 0
    ? ["    no copy is remembered that could need it"]
    : holding.copies.map((link) => `    was copied to ${link.copyName}, ${copyFate(link)}: ${keyOfCopy(link.arn)}`)),
];

const inWords = (chosen: readonly TokenHolding[]): string =>
  chosen.map(({ name, version }) => `version ${version} of "${name}"`).join(", ");

function unknownId(id: string, holdings: readonly TokenHolding[]): ByokError {
  const kept = holdings.filter(({ kind }) => kind === "kept").map((one) => `${one.id} (${one.name})`);
  return new ByokError("BYOK_KEY_NOT_FOUND", `The token holds no key of this package with the CKA_ID ${id}.`, {
    hint: kept.length === 0 ? "It keeps no material of files." : `It keeps ${kept.join(", ")}.`,
  });
}
