import type { TokenKey } from "../model/ports/token";
import { readFlag, readText } from "./attributes";
import type { Session } from "./cryptoki";
import type { KeyObjects } from "./key-handles";
import { readSpec } from "./key-spec-forms";

/** A key as the port tells it, or undefined where its type is none of ours. */
export function describeKey(session: Session, { id, key }: KeyObjects): TokenKey | undefined {
  const spec = readSpec(session, key);
  if (spec === undefined) return undefined;
  return {
    id,
    label: readText(session, key, "LABEL") ?? "",
    spec,
    extractable: readFlag(session, key, "EXTRACTABLE") ?? false,
  };
}
