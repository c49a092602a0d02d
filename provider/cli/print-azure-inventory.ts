import type { AzureInventoryRecord, AzureVersionRecord } from "../model/azure-inventory";

/** One key of a vault as text, for a terminal. */
export function printAzureRecord(record: AzureInventoryRecord): string {
  const { name, state, kty, curve, bits, managedBy, resource, wrappingKey, versions } = record;
  const manager = resource === undefined ? managedBy : `${managedBy} (${resource})`;
  const type = kty ?? (state === "Deleted" ? undefined : "not readable");
  const size = curve ?? (bits === undefined ? undefined : String(bits));
  const whose = wrappingKey === true ? `wrapping key of ${manager}` : manager;
  const head = [name, record.goneSince === undefined ? state : "gone", type, size, whose];
  return [
    head.filter((part) => part !== undefined).join("  "),
    ...notes(record).map((line) => `  ${line}`),
    ...versions.map((version) => `  ${versionLine(version)}`),
    "",
  ].join("\n");
}

function notes(record: AzureInventoryRecord): readonly string[] {
  const { goneSince, deletedOn, scheduledPurgeDate, operations = [], tags = {}, denied = [] } = record;
  const lines = [
    goneSince === undefined ? undefined : `not there any more since ${goneSince}`,
    deletedOn === undefined || scheduledPurgeDate === undefined
      ? undefined
      : `deleted on ${day(deletedOn)}; Azure purges it on ${day(scheduledPurgeDate)}`,
    operations.length === 0 ? undefined : operations.join(", "),
    rotationNote(record.rotation ?? {}),
    Object.keys(tags).length === 0
      ? undefined
      : `tags ${Object.entries(tags)
          .map((pair) => pair.join("="))
          .join(", ")}`,
    denied.length === 0 ? undefined : `the caller lacks ${denied.join(", ")}`,
  ];
  return lines.filter((line) => line !== undefined);
}

function rotationNote({
  rotateAfter,
  rotateBeforeExpiry,
  expiresAfter,
}: NonNullable<AzureInventoryRecord["rotation"]>): string | undefined {
  const parts = [
    rotateAfter === undefined ? undefined : `rotates ${rotateAfter} after a version was made`,
    rotateBeforeExpiry === undefined ? undefined : `rotates ${rotateBeforeExpiry} before a version expires`,
    expiresAfter === undefined ? undefined : `a rotated version expires after ${expiresAfter}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join("; ");
}

function versionLine({ id, enabled, createdOn, notBefore, expiresOn, number }: AzureVersionRecord): string {
  const parts = [
    id.split("/").at(-1),
    number === undefined ? undefined : `version ${String(number)}`,
    enabled ? "Enabled" : "Disabled",
    `made on ${day(createdOn)}`,
    notBefore === undefined ? undefined : `from ${notBefore}`,
    expiresOn === undefined ? undefined : `expires at ${expiresOn}`,
  ];
  return parts.filter((part) => part !== undefined).join("  ");
}

const day = (date: string): string => date.slice(0, 10);
