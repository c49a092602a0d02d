import { z } from "zod";
import { ownershipTags } from "./owner";
import type { ListedKey } from "./ports/kms-inventory";

/** Who keeps a key. `a stack`: it has our tags, and whoever lists does not know which keys are its own. */
export const keyManagers = ["this stack", "another stack", "a stack", "nobody", "AWS", "unknown"] as const;
export type KeyManager = (typeof keyManagers)[number];

/** One key of an account and Region, as it is listed, written to files and kept in state. */
export const inventoryRecordSchema = z.object({
  keyId: z.string(),
  arn: z.string(),
  aliases: z.array(z.string()),
  managedBy: z.enum(keyManagers),
  /** Name of the resource of this stack that the key belongs to. */
  resource: z.string().optional(),
  description: z.string().optional(),
  spec: z.string().optional(),
  usage: z.string().optional(),
  origin: z.string().optional(),
  state: z.string().optional(),
  /** ISO 8601. */
  createdAt: z.string().optional(),
  /** ISO 8601; absent where the material does not expire. */
  validTo: z.string().optional(),
  /** ISO 8601. */
  deletionDate: z.string().optional(),
  multiRegion: z
    .object({ role: z.enum(["PRIMARY", "REPLICA"]), primary: z.string(), replicas: z.array(z.string()) })
    .optional(),
  rotation: z
    .object({
      automatic: z.enum(["on", "off", "AWS", "not possible"]),
      periodInDays: z.number().optional(),
      nextAt: z.string().optional(),
      done: z.object({ count: z.number(), onDemand: z.number(), latestAt: z.string().optional() }).optional(),
    })
    .optional(),
  tags: z.record(z.string(), z.string()).optional(),
  /** Reads that the caller may not make; what they would tell is absent. */
  denied: z.array(z.string()).optional(),
  /** ISO 8601; the first listing in which the key was not there any more. */
  goneSince: z.string().optional(),
});
export type InventoryRecord = z.infer<typeof inventoryRecordSchema>;

/** What a KMS key is known by from one listing to the next. */
export const awsIdentity = ({ arn }: Pick<InventoryRecord, "arn">): string => arn;

/** The keys that whoever lists knows as its own. */
export interface OwnKeys {
  /** Names of resources by lineage. */
  readonly resources: ReadonlyMap<string, string>;
  /** False where nobody told which keys are own ones. */
  readonly told: boolean;
}

/** What is recorded of a listed key. */
export function inventoryRecord(key: ListedKey, own: OwnKeys): InventoryRecord {
  const { facts, rotation, multiRegion, tags } = key;
  const managedBy = managerOf(key, own);
  const resource = managedBy === "this stack" ? own.resources.get(tags?.[ownershipTags.lineage] ?? "") : undefined;
  return {
    keyId: key.keyId,
    arn: key.arn,
    aliases: [...key.aliases].sort(),
    managedBy,
    ...(resource === undefined ? {} : { resource }),
    ...(facts === undefined ? {} : factsIn(facts)),
    ...(multiRegion === undefined ? {} : { multiRegion: { ...multiRegion, replicas: [...multiRegion.replicas] } }),
    ...(rotation === undefined ? {} : { rotation: rotationIn(rotation) }),
    ...(tags === undefined ? {} : { tags }),
    ...(key.denied.length === 0 ? {} : { denied: [...key.denied] }),
  };
}

function managerOf({ facts, tags }: ListedKey, own: OwnKeys): KeyManager {
  if (facts?.manager === "AWS") return "AWS";
  if (tags === undefined) return "unknown";
  const lineage = tags[ownershipTags.lineage];
  if (lineage !== undefined && own.resources.has(lineage)) return "this stack";
  if (lineage === undefined && tags[ownershipTags.owner] === undefined)
    return facts === undefined ? "unknown" : "nobody";
  return own.told ? "another stack" : "a stack";
}

function factsIn(facts: NonNullable<ListedKey["facts"]>): Partial<InventoryRecord> {
  return {
    ...(facts.description === "" ? {} : { description: facts.description }),
    spec: facts.spec,
    usage: facts.usage,
    origin: facts.origin,
    state: facts.state,
    createdAt: facts.createdAt.toISOString(),
    ...(facts.expires && facts.validTo !== undefined ? { validTo: facts.validTo.toISOString() } : {}),
    ...(facts.deletionDate === undefined ? {} : { deletionDate: facts.deletionDate.toISOString() }),
  };
}

function rotationIn({
  automatic,
  periodInDays,
  nextAt,
  done,
}: NonNullable<ListedKey["rotation"]>): NonNullable<InventoryRecord["rotation"]> {
  return {
    automatic,
    ...(periodInDays === undefined ? {} : { periodInDays }),
    ...(nextAt === undefined ? {} : { nextAt: nextAt.toISOString() }),
    ...(done === undefined
      ? {}
      : {
          done: {
            count: done.count,
            onDemand: done.onDemand,
            ...(done.latestAt === undefined ? {} : { latestAt: done.latestAt.toISOString() }),
          },
        }),
  };
}
