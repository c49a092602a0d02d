import { describeStep } from "../../model/aws-key-steps";
import type { PlainRecord } from "../contract";
import { isRecord } from "../is-record";
import { textList } from "../text-list";

const disabling = describeStep({ kind: "disable" });

/**
 * True of an adopted key that was found disabled, while a run that was cut off has left it enabled: an import enables every key, and a new one begins so. Its program may not name
 * `enabled`, so nothing but this tells that somebody wanted it disabled.
 *
 * @param outputs - what the run recorded of the key in one Region
 */
export const isStillToDisable = (outputs: PlainRecord): boolean => {
  const pending = textList(outputs["pending"]);
  return (
    outputs["adopted"] === true && (pending.includes(disabling) || (pending.length > 0 && outputs["enabled"] === false))
  );
};

/** Inputs that a refresh tells, with what it saw unfinished as it is to become. */
export function withUnfinished(inputs: PlainRecord, found: PlainRecord): PlainRecord {
  const { replicas } = inputs;
  const seen: readonly unknown[] = Array.isArray(found["replicas"]) ? found["replicas"] : [];
  return {
    ...inputs,
    ...(isStillToDisable(found) ? { enabled: false } : {}),
    ...(Array.isArray(replicas)
      ? {
          replicas: replicas.map((replica: unknown, index) => {
            const there = seen[index];
            return isRecord(replica) && isRecord(there) && isStillToDisable(there)
              ? { ...replica, enabled: false }
              : replica;
          }),
        }
      : {}),
  };
}
