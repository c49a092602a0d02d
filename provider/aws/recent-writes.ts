/** How long AWS may take until every reader sees a write. */
const SETTLES_WITHIN_MS = 30_000;

/** The id of a key, whether it was given as id or ARN. */
export const keyIdOf = (key: string): string => key.slice(key.lastIndexOf("/") + 1);

/**
 * What this process wrote a moment ago in one account and Region. AWS KMS is eventually consistent: a reader that does not see
 * such a write yet is asked again instead of being believed.
 */
export class RecentWrites {
  private readonly created = new Map<string, number>();
  private readonly aliases = new Map<string, { readonly target: string | undefined; readonly at: number }>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  noteCreated(name: string): void {
    this.created.set(nameOf(name), this.now());
  }

  /** True where something of that name was created so recently that NotFoundException may be wrong. */
  isNew(name: string): boolean {
    const at = this.created.get(nameOf(name));
    return at !== undefined && this.now() - at < SETTLES_WITHIN_MS;
  }

  /** Undefined: the alias was deleted. */
  noteAlias(alias: string, target: string | undefined): void {
    this.aliases.set(alias, { target: target === undefined ? undefined : keyIdOf(target), at: this.now() });
    if (target === undefined) this.created.delete(alias);
    else this.noteCreated(alias);
  }

  /** False where an answer about an alias contradicts what was written a moment ago. */
  agreesOnTarget(alias: string, target: string | undefined): boolean {
    const write = this.aliases.get(alias);
    return write === undefined || this.now() - write.at >= SETTLES_WITHIN_MS || write.target === target;
  }

  /** The same for the aliases of a key. */
  agreesOnAliases(keyId: string, aliases: readonly string[]): boolean {
    const id = keyIdOf(keyId);
    return [...this.aliases].every(([alias, write]) => {
      if (this.now() - write.at >= SETTLES_WITHIN_MS) return true;
      return (write.target === id) === aliases.includes(alias);
    });
  }
}

const nameOf = (name: string): string => (name.startsWith("alias/") ? name : keyIdOf(name));
