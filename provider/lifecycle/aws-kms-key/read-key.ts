import { ownershipTags } from "../../model/owner";
import type { ObservedKey } from "../../model/aws-key-steps";
import { formerKeys, keyVersionsIn, materialsOf, type KeyVersion } from "../../model/key-versions";
import type { KmsPort } from "../../model/ports/kms";
import { samePolicy } from "../../model/key-policy";
import { userTags } from "../../model/tags";
import { connectionOf } from "../connection-of";
import type { LifecycleContext, PlainRecord } from "../contract";
import { textList } from "../text-list";
import { canonicalJson, sameJson } from "../same-json";
import { desiredKey, keyInputsIn, parseKeyInputs, type KeyInputs } from "./key-inputs";
import { materialMark } from "./key-material";
import { noteStillThere } from "./note-return";
import { observeKey } from "./observe-key";
import { readVanished } from "./read-vanished";
import { recordKey } from "./record-key";
import { readReplicas } from "./replicas/read-replicas";
import { isStillToDisable, withUnfinished } from "./still-to-disable";

/**
 * Looks at the key and tells every drift in words; the engine then shows the same as properties. A key that certainly does not exist any more stays in the state
 * as destroyed.
 */
export async function readKey(
  context: LifecycleContext,
  id: string,
  outputs: PlainRecord,
): Promise<{ outputs: PlainRecord; inputs: PlainRecord } | undefined> {
  const recorded = parseKeyInputs(outputs);
  if (typeof outputs["keyId"] !== "string") return { outputs, inputs: keyInputsIn(outputs) };
  const kms = context.kms(connectionOf(recorded.group));
  const known = await observeAgain(kms, outputs, outputs["keyId"]);
  const newer =
    newerInPlace(context, { id, inputs: recorded, known }) ??
    (await newerKey(context, kms, { id, inputs: recorded, outputs, known }));
  const inputs = newer === undefined ? recorded : { ...recorded, version: newer.version };
  const keyId = newer?.keyId ?? outputs["keyId"];
  const observed = keyId === outputs["keyId"] ? known : await observeAgain(kms, outputs, keyId);
  if (observed === undefined) {
    const left = await readVanished(context, keyId, recorded, outputs);
    await noteStillThere(context, recorded, { before: outputs, found: left });
    return { outputs: left, inputs: keyInputsIn(outputs) };
  }
  const place = await readPlace({ context, kms, id, inputs, outputs }, observed);
  const isCutOff = newer !== undefined || textList(outputs["pending"]).length > 0;
  const own = place === undefined || !isCutOff ? place : await withAliasesOfFormer(kms, outputs, place);
  const found =
    own === undefined || inputs.multiRegion !== true
      ? (own ?? outputs)
      : await readReplicas(context, { id, inputs, outputs, own }, observed.facts);
  await noteStillThere(context, inputs, { before: outputs, found });
  return { outputs: found, inputs: withUnfinished(keyInputsIn(found), found) };
}

/** Aliases that a rotation has left on a former key because it was cut off: the next run moves them, or deletes what the program gave up. */
export async function withAliasesOfFormer(kms: KmsPort, outputs: PlainRecord, own: PlainRecord): Promise<PlainRecord> {
  const aliases = textList(own["aliases"]);
  const former = new Set(formerKeys(keyVersionsIn(own), String(own["keyId"])).map(({ keyId }) => keyId));
  const left: string[] = [];
  for (const alias of textList(outputs["aliases"]).filter((name) => !aliases.includes(name))) {
    const target = await kms.aliasTarget(alias);
    if (target !== undefined && former.has(target)) left.push(alias);
  }
  if (left.length === 0) return own;
  const steps = left.map((alias) => `take ${alias} off a former key`);
  return { ...own, aliases: [...aliases, ...left].sort(), pending: [...textList(own["pending"]), ...steps] };
}

/** A key as AWS shows it now, with its materials where it holds several. */
export const observeAgain = (kms: KmsPort, outputs: PlainRecord, keyId: string): Promise<ObservedKey | undefined> =>
  observeKey(kms, keyId, { withMaterials: materialsOf(keyVersionsIn(outputs), keyId).length > 1 });

/** A key in one Region: what the state has of it there, and how to ask. */
export interface PlaceToRead {
  readonly context: LifecycleContext;
  readonly kms: KmsPort;
  readonly id: string;
  readonly inputs: KeyInputs;
  readonly outputs: PlainRecord;
}

/** Tells the drift of a key in one Region and records it as it is; undefined where it is another resource's by now. */
export async function readPlace(
  { context, kms, id, inputs, outputs }: PlaceToRead,
  observed: ObservedKey,
): Promise<PlainRecord | undefined> {
  const { keyId } = observed.facts;
  const versions = keyVersionsIn(outputs);
  const lineage = observed.tags[ownershipTags.lineage];
  if (lineage !== undefined && lineage !== id) {
    context.log.warn(`drift: ${observed.facts.arn} belongs to another resource now (lineage ${lineage}).`);
    return undefined;
  }
  for (const sentence of driftOf(outputs, observed, id)) context.log.warn(`drift: ${sentence}`);
  const record = {
    imported: outputs["proof"] !== undefined || outputs["adopted"] === true,
    aliases: observed.aliases,
    materials: materialsOf(versions, keyId),
  };
  const told = {
    ...outputs,
    versions: await seenAgain(kms, formerKeys(versions, keyId), materialsOf(versions, keyId)),
  };
  return recordKey(inputs, observed, record, told, {
    ...desiredKey(inputs, id),
    // What drifted shows as a difference of the property; pending says only what no property shows.
    policy: undefined,
    description: undefined,
    tags: undefined,
    aliases: observed.aliases,
    enabled: observed.facts.state !== "Disabled" && !isStillToDisable(outputs),
    validTo: observed.facts.expires ? observed.facts.validTo?.toISOString() : undefined,
  });
}

/**
 * The version that AWS's own material has by now in the very key that the state knows, where the state is older by more than one rotation. The next one of all may be that of a run
 * which was cut off, and the same program finishes it, as with {@link newerKey}; a copy tells by its material how far it is.
 */
function newerInPlace(
  context: LifecycleContext,
  { id, inputs, known }: { readonly id: string; readonly inputs: KeyInputs; readonly known: ObservedKey | undefined },
): { readonly keyId: string; readonly version: number } | undefined {
  if (known === undefined || !("native" in inputs.material)) return undefined;
  const { facts, tags } = known;
  const version = Number(tags[ownershipTags.version]);
  if (tags[ownershipTags.lineage] !== id || tags[ownershipTags.material] !== materialMark(inputs)) return undefined;
  if (!Number.isInteger(version) || version <= inputs.version + 1) return undefined;
  context.log.warn(
    `drift: the key holds version ${version}, and the state knew version ${inputs.version}; it goes on from version ${version}.`,
  );
  return { keyId: facts.keyId, version };
}

/**
 * The key that an alias points to by now, where that is a newer version of this very resource: the state is older than the key (a backup, another
 * machine), and goes on from there.
 */
async function newerKey(
  context: LifecycleContext,
  kms: KmsPort,
  recorded: {
    readonly id: string;
    readonly inputs: KeyInputs;
    readonly outputs: PlainRecord;
    readonly known: ObservedKey | undefined;
  },
): Promise<{ readonly keyId: string; readonly version: number } | undefined> {
  const { id, inputs, outputs, known } = recorded;
  const aliases = textList(outputs["aliases"]);
  const [alias] = aliases;
  // Where the key still has its alias, nothing newer has it.
  if (alias === undefined || known?.aliases.includes(alias) === true) return undefined;
  const target = await kms.aliasTarget(alias);
  if (target === undefined || target === outputs["keyId"]) return undefined;
  const tags = await kms.listTags(target);
  const version = Number(tags[ownershipTags.version]);
  if (tags[ownershipTags.lineage] !== id || !(version > inputs.version)) return undefined;
  const mark = materialMark(inputs);
  // The next version of what rotates by triggers: its tags do not tell which trigger it served, and the run that was cut off, begun again, finds it by them.
  if (mark !== undefined && tags[ownershipTags.material] === mark && version === inputs.version + 1) {
    context.log.warn(
      `drift: ${alias} points to version ${version} of this key, which a run that was cut off has made; the next pulumi up of the same program goes on from there.`,
    );
    return undefined;
  }
  if (tags[ownershipTags.material] !== mark) {
    context.log.warn(
      `drift: ${alias} points to version ${version} of this key, whose material is of another origin than this state knows. A pulumi up of the program that changed it goes on from there.`,
    );
    return undefined;
  }
  context.log.warn(
    `drift: ${alias} points to version ${version} of this key, and the state knew version ${inputs.version}; it goes on from version ${version}.`,
  );
  return { keyId: target, version };
}

/** Former keys as AWS shows them now; what is gone was destroyed. */
export async function seenAgain(
  kms: KmsPort,
  former: readonly KeyVersion[],
  present: readonly KeyVersion[],
): Promise<readonly KeyVersion[]> {
  const states = new Map<string, Partial<KeyVersion>>();
  for (const keyId of new Set(former.map((version) => version.keyId))) {
    const facts = await kms.describeKey(keyId);
    const deletionDate = facts?.deletionDate?.toISOString();
    states.set(keyId, {
      keyState: facts?.state ?? "Destroyed",
      ...(deletionDate === undefined ? {} : { deletionDate }),
    });
  }
  return [...former.map((version) => ({ ...version, ...states.get(version.keyId) })), ...present];
}

function driftOf(outputs: PlainRecord, observed: ObservedKey, id: string): readonly string[] {
  const { facts } = observed;
  const sentences: string[] = [];
  // A run that died before it saw the key knows no state of it.
  if (outputs["keyState"] !== undefined && facts.state !== outputs["keyState"])
    sentences.push(stateSentence(outputs, observed));
  if (facts.description !== outputs["description"]) {
    sentences.push(
      `the description is ${JSON.stringify(facts.description)}, not ${JSON.stringify(outputs["description"])}.`,
    );
  }
  if (typeof outputs["policy"] === "string" && !samePolicy(outputs["policy"], observed.policy))
    sentences.push("the key policy was changed.");
  const wanted = textList(outputs["aliases"]);
  for (const alias of wanted.filter((name) => !observed.aliases.includes(name)))
    sentences.push(`${alias} does not point to the key any more.`);
  for (const alias of observed.aliases.filter((name) => !wanted.includes(name)))
    sentences.push(`${alias} points to the key and is not in the program.`);
  sentences.push(...tagDrift(outputs["tags"], userTags(observed.tags)));
  if (observed.tags[ownershipTags.lineage] !== id)
    sentences.push(`the tag ${ownershipTags.lineage} is missing; the next pulumi up sets it again.`);
  const expiry = facts.expires ? facts.validTo?.toISOString() : undefined;
  const before = typeof outputs["validTo"] === "string" ? new Date(outputs["validTo"]).toISOString() : undefined;
  if (facts.state !== "PendingImport" && !sameJson(expiry, before)) {
    sentences.push(
      `the key material ${expiry === undefined ? "does not expire" : `expires at ${expiry}`}; the program says ${before ?? "that it does not expire"}.`,
    );
  }
  return sentences;
}

function stateSentence(outputs: PlainRecord, observed: ObservedKey): string {
  const { facts } = observed;
  if (facts.state === "PendingDeletion") {
    return `the key is scheduled for deletion; AWS deletes it on ${facts.deletionDate?.toISOString().slice(0, 10) ?? "a date that it does not tell"}.`;
  }
  if (facts.state === "PendingReplicaDeletion") {
    return `the key is scheduled for deletion and waits for its replicas in ${(facts.replicaRegions ?? []).join(", ")}; its days count once AWS has deleted the last of them.`;
  }
  if (facts.state === "PendingImport") {
    return "the key material is gone (deleted or expired), and nothing can be decrypted; the next pulumi up imports the same material again.";
  }
  return `the key is ${facts.state}, not ${String(outputs["keyState"])}.`;
}

function tagDrift(recorded: unknown, actual: Readonly<Record<string, string>>): readonly string[] {
  const before: Record<string, unknown> = typeof recorded === "object" && recorded !== null ? { ...recorded } : {};
  const names = [...new Set([...Object.keys(before), ...Object.keys(actual)])].sort();
  return names
    .filter((name) => canonicalJson(before[name]) !== canonicalJson(actual[name]))
    .map((name) => {
      const value = actual[name];
      if (value === undefined) return `the tag ${name} is missing.`;
      if (before[name] === undefined) return `the tag ${name} was added.`;
      return `the tag ${name} is ${JSON.stringify(value)}, not ${JSON.stringify(before[name])}.`;
    });
}
