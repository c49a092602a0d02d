import type { PlainRecord } from "../lifecycle/contract";
import { ByokError } from "../model/errors";

/** The form of inputs and outputs that this version of the package writes into state. */
export const SCHEMA_VERSION = 1;

/** Brings the record of one kind from one schema version to the next. */
export type Migration = (kind: string, record: PlainRecord) => PlainRecord;

/** By the version that a migration starts from: entry n leads to n + 1. There is no second version yet. */
export const migrations: Readonly<Record<number, Migration>> = {};

/** What {@link migrate} aims at; tests bring their own. */
export interface Schema {
  readonly version: number;
  readonly migrations: Readonly<Record<number, Migration>>;
}

const currentSchema: Schema = { version: SCHEMA_VERSION, migrations };

/**
 * A record from state in its present form, without `schemaVersion`. A record without a version is as a program wrote it.
 *
 * @throws ByokError BYOK_STATE_TOO_NEW when a newer version of the package wrote the record.
 */
export function migrate(kind: string, record: PlainRecord, schema: Schema = currentSchema): PlainRecord {
  const { schemaVersion, ...fields } = record;
  if (schemaVersion === undefined) return fields;
  if (typeof schemaVersion !== "number" || !Number.isInteger(schemaVersion) || schemaVersion < 1) {
    throw new ByokError("BYOK_INTERNAL", "The schemaVersion of this resource in the state is no version number.", {
      hint: "Restore the state from a backup (pulumi stack history, pulumi stack import).",
    });
  }
  if (schemaVersion > schema.version) {
    throw new ByokError(
      "BYOK_STATE_TOO_NEW",
      `A newer pulumi-byok wrote this resource (schema ${schemaVersion}; the installed one knows ${schema.version}).`,
      { hint: "Upgrade it here: npm install pulumi-byok@latest" },
    );
  }
  let migrated: PlainRecord = fields;
  for (let version = schemaVersion; version < schema.version; version += 1) {
    const step = schema.migrations[version];
    if (step === undefined) {
      throw new ByokError("BYOK_INTERNAL", `There is no way from schema ${version} to ${version + 1}.`);
    }
    migrated = step(kind, migrated);
  }
  return migrated;
}
