import type { z } from "zod";
import { countInventory, mergeInventory, type ListedRecord } from "../model/merge-inventory";
import { hasUnknown } from "../model/unknown";
import { accepted, refused } from "./answers";
import type { Lifecycle, LifecycleContext, PlainRecord } from "./contract";
import { pickDefined } from "./pick-defined";
import { changedProperties } from "./same-json";
import { validate } from "./validate";

/** Keys between two lines of progress. */
const PROGRESS_STEP = 250;

/** What tells the list of one cloud from that of another. */
export interface InventoryKind<Inputs extends PlainRecord, Listed extends ListedRecord> {
  readonly kind: string;
  /** How ids of such resources begin. */
  readonly idPrefix: string;
  readonly inputs: z.ZodObject & z.ZodType<Inputs>;
  readonly group: z.ZodType<PlainRecord>;
  /** What a group says of its keys is no matter of a list; how it is reached is. */
  readonly watchedOfGroup: readonly string[];
  /** The outputs that name the place; another place is another list. */
  place(inputs: Inputs): PlainRecord;
  identify(record: Listed): string;
  unpack(listing: unknown): readonly Listed[] | undefined;
  pack(records: readonly Listed[]): string;
  isIncluded(record: Listed, inputs: Inputs): boolean;
  /** Every key, as it becomes known; it throws before the first one where the credentials are of another place. */
  list(context: LifecycleContext, inputs: Inputs, at: Date): AsyncIterable<Listed>;
}

const watched = ["include", "rotations", "managed", "refreshTrigger"];

/**
 * All keys of a place, as they were when they were listed. It is nothing in the cloud and writes nothing there. Keys are listed on create, on refresh,
 * and when an input changes (`refreshTrigger` is there for that); a preview calls no cloud.
 */
export function keyInventory<Inputs extends PlainRecord, Listed extends ListedRecord>(
  spec: InventoryKind<Inputs, Listed>,
): Lifecycle {
  const inputNames = Object.keys(spec.inputs.shape);
  return {
    kind: spec.kind,

    check(_context, _olds, news) {
      const validated = validate(spec.inputs, news);
      if (validated.kind === "wrong") return Promise.resolve(refused(news, validated.failures));
      if (validated.kind === "unknown") return Promise.resolve(accepted(news));
      return Promise.resolve(accepted(validated.value));
    },

    diff(_context, _id, olds, news) {
      const changed = [
        ...changedProperties(olds, news, watched),
        ...changedProperties(groupIn(spec, olds), groupIn(spec, news), spec.watchedOfGroup),
      ];
      return Promise.resolve({ changes: hasUnknown(news) || changed.length > 0, replaces: [] });
    },

    async create(context, inputs) {
      const outputs = await list(spec, context, spec.inputs.parse(inputs), {});
      return { id: `${spec.idPrefix}-${context.random(8).toString("hex")}`, outputs };
    },

    async read(context, _id, outputs) {
      const inputs = pickDefined(outputs, inputNames);
      return { outputs: await list(spec, context, spec.inputs.parse(inputs), outputs), inputs };
    },

    update(context, _id, olds, news) {
      return list(spec, context, spec.inputs.parse(news), olds);
    },

    delete() {
      return Promise.resolve();
    },
  };
}

async function list<Inputs extends PlainRecord, Listed extends ListedRecord>(
  spec: InventoryKind<Inputs, Listed>,
  context: LifecycleContext,
  inputs: Inputs,
  olds: PlainRecord,
): Promise<PlainRecord> {
  const now = context.clock();
  const at = now.toISOString();
  const present = new Set<string>();
  const records: Listed[] = [];
  for await (const record of spec.list(context, inputs, now)) {
    present.add(spec.identify(record));
    if (spec.isIncluded(record, inputs)) records.push(record);
    if (present.size % PROGRESS_STEP === 0) context.log.progress(`${present.size} keys listed`);
  }
  const place = spec.place(inputs);
  const samePlace = changedProperties(olds, place, Object.keys(place)).length === 0;
  const earlier = samePlace ? (spec.unpack(olds["listing"]) ?? []) : [];
  const keys = mergeInventory(earlier, { records, present, at }, (record) => spec.identify(record));
  return { ...inputs, ...place, listing: spec.pack(keys), counts: countInventory(keys), listedAt: at };
}

const groupIn = ({ group }: { readonly group: z.ZodType<PlainRecord> }, record: PlainRecord): PlainRecord =>
  group.safeParse(record["group"]).data ?? {};
