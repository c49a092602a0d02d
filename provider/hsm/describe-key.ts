import type { TokenKey } from "../model/ports/token";
import { flagOf, type AttributeReader } from "./attributes";
import { readSpec } from "./key-spec-forms";

/** A key as the port tells it, or undefined where its type is none of ours. */
export function describeKey(id: string, read: AttributeReader): TokenKey | undefined {
  const spec = readSpec(read);
  if (spec === undefined) return undefined;
  return {
    id,
    label: read("LABEL")?.toString("utf8") ?? "",
    spec,
    extractable: flagOf(read("EXTRACTABLE")) ?? false,
  };
}
