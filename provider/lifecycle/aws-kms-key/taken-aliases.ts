import { ByokError } from "../../model/errors";
import type { KmsPort } from "../../model/ports/kms";

/** An alias is never taken from another key; found out before anything is created. */
export async function refuseTakenAliases(
  kms: KmsPort,
  aliases: readonly string[],
  formerKeys: ReadonlySet<string>,
): Promise<void> {
  for (const [index, alias] of aliases.entries()) {
    const target = await kms.aliasTarget(alias);
    if (target !== undefined && !formerKeys.has(target)) throw aliasTaken(alias, index, target);
  }
}

/** The refusal to move an alias that another key has. */
export const aliasTaken = (alias: string, index: number, keyId: string): ByokError =>
  new ByokError("BYOK_AWS_ALREADY_EXISTS", `aliases[${index}] ${alias} belongs to another key (${keyId}).`, {
    property: `aliases[${index}]`,
    hint: "Delete the alias there, adopt that key, or choose another alias.",
  });
