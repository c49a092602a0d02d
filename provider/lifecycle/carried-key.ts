import { UNKNOWN } from "../model/unknown";
import type { PlainRecord } from "./contract";
import { isRecord } from "./is-record";

/**
 * Inputs whose key a preview knows as far as it can be known. While a key changes in the same run, the engine does not tell its ARN and key id; they stay as they are
 * for as long as lineage and version do, because only a rotation makes another KMS key of it. Otherwise the key is unknown.
 *
 * @param olds - the inputs of the last run
 */
export function withKnownKey(olds: PlainRecord, news: PlainRecord): PlainRecord {
  const { key } = news;
  if (!isRecord(key) || (key["keyId"] !== undefined && key["arn"] !== undefined)) return news;
  const before = olds["key"];
  const isSame = isRecord(before) && ["lineage", "version"].every((name) => isKnownAs(before[name], key[name]));
  return { ...news, key: isSame ? { ...key, arn: before["arn"], keyId: before["keyId"] } : UNKNOWN };
}

const isKnownAs = (before: unknown, now: unknown): boolean => before !== undefined && before === now;
