import { partitionOf } from "../../model/aws-partitions";
import { deletionWindow } from "../../model/deletion-window";
import { defaultKeyPolicy } from "../../model/key-policy";
import type { PlainRecord, StateForm } from "../contract";
import { isRecord } from "../is-record";
import { pickDefined } from "../pick-defined";
import { sameJson } from "../same-json";
import { defaultDescription } from "./key-inputs";

/** What only outputs tell. */
const found = ["keyId", "keyState", "createdAt", "deletionDate", "pending", "proof", "link", "wrapping", "versions"];

/** Left out together or not at all, so that their absence tells that others were left out too. */
const place = ["account", "region"];

/** Inputs that follow from the others where no program names them. */
const derivable = [
  ...[...place, "spec"],
  ...["description", "policy", "tags", "deletionWindowInDays", "wrappingKeySpec"],
];

/** Inputs that a program reads although it does not name them. */
const readable = [...derivable, "enabled", "validTo"];

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
  const isOutput = found.some((name) => record[name] !== undefined);
  const follows = following(record);
  // An adopted key that names nothing leaves its settings alone: there, absent does not mean the usual.
  const isWhole =
    follows !== undefined &&
    derivable.every((name) => record[name] !== undefined) &&
    place.every((name) => record[name] === follows[name]);
  const isLeftOut = (name: string, value: unknown): boolean =>
    (isOutput && found.includes(name)) || (isWhole && derivable.includes(name) && sameJson(value, follows[name]));
  const kept = Object.fromEntries(Object.entries(record).filter(([name, value]) => !isLeftOut(name, value)));
  return isOutput ? { ...kept, facts: pickDefined(record, [...found, ...readable]) } : kept;
}

function complete(record: PlainRecord): PlainRecord {
  const { facts, ...kept } = record;
  if (isRecord(facts)) return { ...facts, ...kept };
  // Whole inputs are those that know their owner, and the place no more than by their group.
  const isWhole = kept["owner"] !== undefined && kept["account"] === undefined;
  return isWhole ? { ...following(record), ...kept } : kept;
}

/** What follows from group and material; undefined while a preview does not know them. */
function following({ group, material }: PlainRecord): PlainRecord | undefined {
  if (!isRecord(group) || !isRecord(material)) return undefined;
  const { account, region } = group;
  const { source, file } = material;
  if (typeof account !== "string" || typeof region !== "string") return undefined;
  const described =
    isRecord(source) && typeof source["name"] === "string"
      ? { source: { name: source["name"] } }
      : typeof file === "string"
        ? { file }
        : {};
  return {
    account,
    region,
    spec: isRecord(source) ? source["spec"] : material["spec"],
    description: defaultDescription(described),
    policy: usualPolicy(group, region, account),
    tags: {},
    deletionWindowInDays: deletionWindow.default,
    wrappingKeySpec: "RSA_4096",
  };
}

const policies = new WeakMap<object, string>();

/** All keys of a group carry the same record of it. */
function usualPolicy(group: object, region: string, account: string): string {
  const known = policies.get(group) ?? defaultKeyPolicy(partitionOf(region)?.id ?? "aws", account);
  policies.set(group, known);
  return known;
}
