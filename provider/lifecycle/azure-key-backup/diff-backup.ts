import { sameKeyName } from "../../model/azure-key-name";
import { hasUnknown } from "../../model/unknown";
import { connectionChanged } from "../connection-changed";
import type { DiffResult, LifecycleContext, PlainRecord } from "../contract";
import { isRecord } from "../is-record";
import { changedProperties } from "../same-json";
import { textList } from "../text-list";

/** True where an update has nothing to do but to remember. */
export const isBackupRecordOnly = (olds: PlainRecord, news: PlainRecord): boolean =>
  changedProperties(olds, news, ["version", "upToDate", "file", "output"]).length === 0 &&
  lineageIn(olds) === lineageIn(news) &&
  textList(olds["pending"]).length === 0;

/** A new version of the key is backed up; another key is another backup. */
export function diffBackup(context: LifecycleContext, olds: PlainRecord, news: PlainRecord): DiffResult {
  const replaces = ["vaultUrl", "keyName"].filter((name) => {
    const [before, now] = [olds[name], news[name]];
    return typeof before === "string" && typeof now === "string" && !sameKeyName(before, now);
  });
  if (replaces.length > 0) {
    context.log.warn(`is the backup of another key now. The one of ${String(olds["keyId"])} ${fateOf(olds)}.`);
    return { changes: true, replaces };
  }
  const { file } = olds;
  if (typeof file === "string" && !hasUnknown(news["file"]) && news["file"] !== file)
    context.log.info(`the backup in ${file} stays as it is; a new one is made.`);
  const recorded =
    changedProperties(olds, news, ["onRemove"]).length > 0 || connectionChanged(groupIn(olds), groupIn(news));
  return { changes: !isBackupRecordOnly(olds, news) || recorded || hasUnknown(news), replaces: [] };
}

const fateOf = ({ file, onRemove }: PlainRecord): string =>
  typeof file !== "string"
    ? "goes with its output"
    : onRemove === "delete"
      ? `is deleted (${file})`
      : `stays in ${file}`;

const groupIn = ({ key }: PlainRecord): unknown => (isRecord(key) ? key["group"] : undefined);
const lineageIn = ({ key }: PlainRecord): unknown => (isRecord(key) ? key["lineage"] : undefined);
