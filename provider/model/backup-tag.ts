/**
 * The tag by which a key tells of its backups, so that whoever purges it hears of them: also when their resources are gone from the state, and from
 * another stack. Entries are separated by a bar, the latest last.
 */
export const backupTag = "byok:backup";

const separator = " | ";
/** Characters of a tag's value (Key Vault, "About keys"). */
const mostCharacters = 256;

/** A backup as the tag tells it. */
export interface NotedBackup {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly versions: number;
  /** The file, or the resource whose output it is. */
  readonly where: string;
}

const written = ({ day, versions, where }: NotedBackup): string =>
  `${day} ${versions} ${where.replaceAll("|", "/").slice(-180)}`;

/** The backups in a tag's value; what cannot be read is told as it stands. */
export function notedBackups(value: string | undefined): readonly NotedBackup[] {
  if (value === undefined || value === "") return [];
  return value.split(separator).map((entry) => {
    const [, day = "", versions = "0", where = entry] = /^(\d{4}-\d\d-\d\d) (\d+) (.*)$/.exec(entry) ?? [];
    return { day, versions: Number(versions), where };
  });
}

/** The backups of which the versions of a key tell, oldest version first; of several that name a place the newest counts. */
export const backupsTold = (tags: readonly Readonly<Record<string, string>>[]): readonly NotedBackup[] => [
  ...new Map(tags.flatMap((each) => notedBackups(each[backupTag])).map((backup) => [backup.where, backup])).values(),
];

/** The tag's value with one more backup, in place of what it said of the same place; the oldest go where there is no room. */
export function withBackup(value: string | undefined, backup: NotedBackup): string {
  const entries = [...others(value, backup.where), written(backup)];
  while (entries.length > 1 && entries.join(separator).length > mostCharacters) entries.shift();
  return entries.join(separator);
}

/** The tag's value without the backup of a place; undefined where nothing is left to say. */
export function withoutBackup(value: string | undefined, where: string): string | undefined {
  const entries = others(value, where);
  return entries.length === 0 ? undefined : entries.join(separator);
}

function others(value: string | undefined, where: string): string[] {
  const [gone] = notedBackups(written({ day: "2000-01-01", versions: 0, where }));
  return notedBackups(value)
    .filter((each) => each.where !== gone?.where)
    .map(written);
}

/** Whether a backup would undo a purge; a sentence for whoever is about to purge. */
export function backupsSentence(backups: readonly NotedBackup[]): string {
  if (backups.length === 0) return "No backup of it is known, so a restore cannot undo that.";
  const named = backups.map(
    ({ day, versions, where }) => `${where} (${versions} version${versions === 1 ? "" : "s"}, ${day})`,
  );
  return `A restore can undo that, from the backup${named.length === 1 ? "" : "s"} ${named.join("; ")}, if it is still there.`;
}
