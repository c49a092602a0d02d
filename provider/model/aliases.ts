/** Aliases that one KMS key can have (AWS KMS quotas). */
export const maxAliases = 50;

const prefix = "alias/";

/** What is wrong with an alias name, or undefined. Source: CreateAlias (AliasName). */
export function aliasFault(alias: string): string | undefined {
  if (!alias.startsWith(prefix)) return `"${alias}" must start with "alias/". Write "alias/${alias}".`;
  if (alias.startsWith("alias/aws/")) return `"${alias}": the prefix alias/aws/ is reserved for keys that AWS makes.`;
  if (!/^[A-Za-z0-9/_-]+$/.test(alias.slice(prefix.length))) {
    return `"${alias}" may hold letters, digits, "/", "_" and "-" after "alias/".`;
  }
  if (alias.length > 256) return `"${alias.slice(0, 40)}…" is ${alias.length} characters long; AWS allows 256.`;
  return undefined;
}

/** What is wrong with a list of aliases, by index; index -1 is the list as a whole. */
export function aliasFaults(
  aliases: readonly string[],
): readonly { readonly index: number; readonly reason: string }[] {
  const faults = aliases.flatMap((alias, index) => {
    const reason = aliases.indexOf(alias) < index ? `"${alias}" stands twice.` : aliasFault(alias);
    return reason === undefined ? [] : [{ index, reason }];
  });
  if (aliases.length > maxAliases) {
    faults.push({ index: -1, reason: `A KMS key can have ${maxAliases} aliases; these are ${aliases.length}.` });
  }
  return faults;
}
