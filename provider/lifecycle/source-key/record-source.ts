import type { SourceVersion } from "../../model/ports/custodian";
import type { PlainRecord } from "../contract";
import type { Fates, FormerFate } from "./deactivate-old";
import { nextRotation } from "./plan-rotation";
import { sourceInputsIn, type SourceInputs } from "./source-inputs";

/** When versions were made, as far as this stack was there. */
export type CreationDates = ReadonlyMap<number, string>;

/** Creation dates that earlier outputs tell. */
export function datesIn(outputs: PlainRecord): CreationDates {
  const versions: readonly unknown[] = Array.isArray(outputs["versions"]) ? outputs["versions"] : [];
  return new Map(versions.flatMap((entry) => (isDated(entry) ? [[entry.version, entry.createdAt] as const] : [])));
}

const isDated = (entry: unknown): entry is { version: number; createdAt: string } =>
  typeof entry === "object" &&
  entry !== null &&
  "version" in entry &&
  typeof entry.version === "number" &&
  "createdAt" in entry &&
  typeof entry.createdAt === "string";

function shownFate({ exportable }: SourceVersion, fate: FormerFate | undefined): PlainRecord {
  if (!exportable) return { state: "closed" };
  if (fate === undefined) return { state: "exportable" };
  return "deactivated" in fate ? { state: "deactivated" } : { state: "exportable", waitsFor: fate.waitsFor };
}

/** Outputs of a source key: its inputs and every version that the token holds. */
export function recordSource(
  inputs: SourceInputs,
  versions: readonly SourceVersion[],
  dates: CreationDates,
  fates: Fates = new Map(),
): PlainRecord {
  const [newest] = versions.slice(-1);
  return {
    ...sourceInputsIn(inputs),
    versions: versions.map((version) => ({
      version: version.version,
      tokenKeyId: version.id,
      fingerprint: version.fingerprint,
      checkValue: version.checkValue,
      ...shownFate(version, fates.get(version.version)),
      createdAt: dates.get(version.version),
    })),
    publicKey: newest?.publicKey,
    nextRotation: nextRotation(inputs),
  };
}
