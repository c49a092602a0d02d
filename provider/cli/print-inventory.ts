import type { InventoryRecord } from "../model/inventory";
import type { InventoryCounts } from "../model/merge-inventory";

/** One key of the list as text, for a terminal. */
export function printRecord(record: InventoryRecord): string {
  const { state = "not readable", spec, usage, origin, managedBy, resource, aliases } = record;
  const manager = resource === undefined ? managedBy : `${managedBy} (${resource})`;
  const head = [record.keyId, record.goneSince === undefined ? state : "gone", spec, usage, origin, manager];
  return [
    head.filter((part) => part !== undefined).join("  "),
    ...(aliases.length === 0 ? [] : [`  ${aliases.join(", ")}`]),
    ...details(record).map((line) => `  ${line}`),
    "",
  ].join("\n");
}

function details(record: InventoryRecord): readonly string[] {
  const { multiRegion, rotation, tags = {}, denied = [] } = record;
  const notes = [
    record.goneSince === undefined ? undefined : `not there any more since ${record.goneSince}`,
    record.deletionDate === undefined ? undefined : `AWS deletes it on ${day(record.deletionDate)}`,
    record.validTo === undefined ? undefined : `its material expires at ${record.validTo}`,
    multiRegion?.role === "PRIMARY" ? `multi-Region primary; replicas: ${list(multiRegion.replicas)}` : undefined,
    multiRegion?.role === "REPLICA" ? `multi-Region replica of ${multiRegion.primary}` : undefined,
    rotation === undefined ? undefined : rotationNote(rotation),
    Object.keys(tags).length === 0 ? undefined : `tags ${list(Object.entries(tags).map((pair) => pair.join("=")))}`,
    denied.length === 0 ? undefined : `the caller lacks ${list(denied)}`,
  ];
  return notes.filter((note) => note !== undefined);
}

function rotationNote({
  automatic,
  periodInDays,
  nextAt,
  done,
}: NonNullable<InventoryRecord["rotation"]>): string | undefined {
  const period = periodInDays === undefined ? "" : ` every ${periodInDays} days`;
  const next = nextAt === undefined ? "" : `, next on ${day(nextAt)}`;
  const parts = [
    automatic === "on" ? `rotates${period}${next}` : undefined,
    done === undefined || done.count === 0
      ? undefined
      : `rotated ${done.count} times (${done.onDemand} on demand), last on ${day(done.latestAt ?? "")}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join("; ");
}

/** The last line: how many keys there are, and whose. */
export function printCounts(counts: InventoryCounts<string>, where: string): string {
  const shares = Object.entries(counts.managedBy).map(([manager, count]) => `${count} ${wordsFor(manager)}`);
  const gone = counts.gone === 0 ? "" : `; ${counts.gone} gone`;
  const whose = shares.length === 0 ? "" : `: ${shares.join(", ")}`;
  return `${counts.total} keys in ${where}${whose}${gone}.\n`;
}

const wordsFor = (manager: string): string => (manager === "unknown" ? "of nobody known" : `of ${manager}`);

const day = (date: string): string => date.slice(0, 10);
const list = (items: readonly string[]): string => (items.length === 0 ? "none" : items.join(", "));
