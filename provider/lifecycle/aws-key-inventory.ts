import { ByokError } from "../model/errors";
import { inventoryRecord, type InventoryRecord } from "../model/inventory";
import { countInventory, mergeInventory } from "../model/merge-inventory";
import { packInventory, unpackInventory } from "../model/packed-inventory";
import { hasUnknown } from "../model/unknown";
import { accepted, refused } from "./answers";
import { connectionOf } from "./connection-of";
import type { Lifecycle, LifecycleContext, PlainRecord } from "./contract";
import {
  awsKeyInventoryInputs,
  type AwsKeyInventoryInputs,
  type InventoryFilter,
} from "./inputs/aws-key-inventory-inputs";
import { pickDefined } from "./pick-defined";
import { changedProperties } from "./same-json";
import { validate } from "./validate";

const inputNames = Object.keys(awsKeyInventoryInputs.shape);
const watched = ["include", "rotations", "managed", "refreshTrigger"];
/** What a group says of its keys is no matter of a list. */
const watchedOfGroup = ["account", "region", "endpoint", "credentials", "tls", "quotas"];

/** Keys between two lines of progress. */
const PROGRESS_STEP = 250;

/**
 * All keys of an account and Region, as they were when they were listed. It is nothing in the cloud and writes nothing there. Keys are
 * listed on create, on refresh, and when an input changes (`refreshTrigger` is there for that); a preview calls no cloud.
 */
export const awsKeyInventory: Lifecycle = {
  kind: "AwsKeyInventory",

  check(_context, _olds, news) {
    const validated = validate(awsKeyInventoryInputs, news);
    if (validated.kind === "wrong") return Promise.resolve(refused(news, validated.failures));
    if (validated.kind === "unknown") return Promise.resolve(accepted(news));
    return Promise.resolve(accepted(validated.value));
  },

  diff(_context, _id, olds, news) {
    const changed = [
      ...changedProperties(olds, news, watched),
      ...changedProperties(groupIn(olds), groupIn(news), watchedOfGroup),
    ];
    return Promise.resolve({ changes: hasUnknown(news) || changed.length > 0, replaces: [] });
  },

  async create(context, inputs) {
    const outputs = await list(context, awsKeyInventoryInputs.parse(inputs), {});
    return { id: `aws-key-inventory-${context.random(8).toString("hex")}`, outputs };
  },

  async read(context, _id, outputs) {
    const inputs = pickDefined(outputs, inputNames);
    return { outputs: await list(context, awsKeyInventoryInputs.parse(inputs), outputs), inputs };
  },

  update(context, _id, olds, news) {
    return list(context, awsKeyInventoryInputs.parse(news), olds);
  },

  delete() {
    return Promise.resolve();
  },
};

async function list(context: LifecycleContext, inputs: AwsKeyInventoryInputs, olds: PlainRecord): Promise<PlainRecord> {
  const { account, region } = inputs.group;
  const port = context.kmsInventory(connectionOf(inputs.group));
  const caller = await port.callerIdentity();
  if (caller.account !== account) {
    throw new ByokError(
      "BYOK_AWS_WRONG_ACCOUNT",
      `The credentials belong to account ${caller.account}, and the group to ${account}.`,
      { hint: "Use credentials of the group's account." },
    );
  }
  const at = context.clock().toISOString();
  const own = { resources: new Map(Object.entries(inputs.managed ?? {})), told: inputs.managed !== undefined };
  const present = new Set<string>();
  const records: InventoryRecord[] = [];
  for await (const key of port.keys({ rotations: inputs.rotations })) {
    present.add(key.arn);
    const record = inventoryRecord(key, own);
    if (isIncluded(record, inputs.include)) records.push(record);
    if (present.size % PROGRESS_STEP === 0) context.log.progress(`${present.size} keys listed`);
  }
  // Another account or Region is another list.
  const samePlace = olds["account"] === account && olds["region"] === region;
  const earlier = samePlace ? (unpackInventory(olds["listing"]) ?? []) : [];
  const keys = mergeInventory(earlier, { records, present, at });
  return {
    ...inputs,
    account,
    region,
    listing: packInventory(keys),
    counts: countInventory(keys),
    listedAt: at,
  };
}

const groupIn = (record: PlainRecord): PlainRecord =>
  awsKeyInventoryInputs.shape.group.safeParse(record["group"]).data ?? {};

const isIncluded = (record: InventoryRecord, include: InventoryFilter | undefined): boolean => {
  const { managedBy, origins, aliasPrefix } = include ?? {};
  return (
    (managedBy === undefined || managedBy.includes(record.managedBy)) &&
    // What may not be described might be what is looked for.
    (origins === undefined || record.origin === undefined || origins.some((origin) => origin === record.origin)) &&
    (aliasPrefix === undefined || record.aliases.some((alias) => alias.startsWith(aliasPrefix)))
  );
};
