import { deletionWindow } from "../../model/deletion-window";
import type { PlainRecord, StateForm } from "../contract";
import { isRecord } from "../is-record";
import { pickDefined } from "../pick-defined";
import { sameJson } from "../same-json";

/** What only outputs tell. */
const found = ["keyId", "keyState", "createdAt", "deletionDate", "pending", "proof", "link", "wrapping", "versions"];

/** Left out together or not at all, so that their absence tells that others were left out too. */
const place = ["account", "region"];

/** Inputs that follow from the others where no program names them. */
const derivable = [...place, "spec", "tags", "deletionWindowInDays", "wrappingKeySpec"];

/** What the outputs tell in their text: what was found, and settings that a program may read without naming them. */
const told = [...found, ...derivable, "description", "policy", "enabled", "validTo"];

/**
 * How a key stands in the state. Pulumi spends its time per value, of three hundred keys as much as of three: so inputs are left out that follow from the others, and
 * what was found is one text, `facts`, which also tells a program what it did not name.
 */
export const keyStateForm: StateForm = {
  compact,
  complete,
  isOutdated: (outputs) => outputs["arn"] !== undefined && outputs["facts"] === undefined,
};

function compact(record: PlainRecord): PlainRecord {
  if (found.some((name) => record[name] !== undefined))
    return { ...without(record, (name) => told.includes(name)), facts: pickDefined(record, told) };
  const follows = following(record);
  // An adopted key that names nothing leaves its settings alone: there, absent does not mean the usual.
  const isWhole =
    follows !== undefined &&
    derivable.every((name) => record[name] !== undefined) &&
    place.every((name) => record[name] === follows[name]);
  return isWhole
    ? without(record, (name, value) => derivable.includes(name) && sameJson(value, follows[name]))
    : record;
}

function complete(record: PlainRecord): PlainRecord {
  const { facts, ...kept } = record;
  if (isRecord(facts)) return { ...facts, ...kept };
  // Whole inputs are those that know their owner, and the place no more than by their group.
  const isWhole = kept["owner"] !== undefined && kept["account"] === undefined;
  return isWhole ? { ...following(record), ...kept } : kept;
}

const without = (record: PlainRecord, isLeftOut: (name: string, value: unknown) => boolean): PlainRecord =>
  Object.fromEntries(Object.entries(record).filter(([name, value]) => !isLeftOut(name, value)));

/** What follows from group and material; undefined while a preview does not know them. */
function following({ group, material }: PlainRecord): PlainRecord | undefined {
  if (!isRecord(group) || !isRecord(material)) return undefined;
  const { account, region } = group;
  const { source } = material;
  if (typeof account !== "string" || typeof region !== "string") return undefined;
  return {
    account,
    region,
    spec: isRecord(source) ? source["spec"] : material["spec"],
    tags: {},
    deletionWindowInDays: deletionWindow.default,
    wrappingKeySpec: "RSA_4096",
  };
}
