import { removalWord } from "../../lifecycle/aws-kms-key/removal-word";
import { dayOf, deletionConsequence, lostWith } from "../../model/deletion-consequence";
import { deletionWindow } from "../../model/deletion-window";
import { ByokError } from "../../model/errors";
import { keySpecFacts } from "../../model/key-spec";
import { isLeaving } from "../../model/key-states";
import { formerKeys, keyVersionsIn } from "../../model/key-versions";
import { lastUsageSentence } from "../../model/last-usage";
import { ownershipTags } from "../../model/owner";
import type { KmsKeyFacts, KmsPort } from "../../model/ports/kms";
import type { StackResource } from "../stack-export";
import type { PlanItem } from "./plan-item";
import { aliasOutputs, scheduleOutputs, withOutputs, type KeyOutputs } from "./state-facts";

/** How a plan looks at the present; undefined: not at all. */
export type AskCloud = ((outputs: KeyOutputs) => Promise<KmsPort>) | undefined;

const dayInMs = 86_400_000;

/** What is known of a key: as AWS tells it now, or as the state does. */
interface Present {
  readonly from: "cloud" | "state";
  readonly state: string;
  readonly deletionDate: string | undefined;
  readonly aliases: readonly string[];
  readonly replicaRegions: readonly string[];
  readonly lineage: string | undefined;
  readonly lastUsage: string | undefined;
  /** Why AWS could not be asked. */
  readonly remark?: string;
}

/** What the removal of a copied key does: it is scheduled for deletion, with all its former keys, after its own aliases are deleted. */
export async function removeKeyItem(
  resource: StackResource,
  outputs: KeyOutputs,
  all: readonly StackResource[],
  { ask, now }: { readonly ask: AskCloud; readonly now: Date },
): Promise<Pick<PlanItem, "destructive" | "consequences" | "dependents" | "undo" | "confirm">> {
  const left = leftOverSentences(outputs, now);
  if (outputs.keyState === "Destroyed") return recordItem(`AWS has deleted ${outputs.arn} already`, left);
  const present = await presentOf(resource, outputs, ask);
  if (present === "gone") return recordItem(`${outputs.arn} does not exist any more`, left);
  const { arn, version, deletionWindowInDays: days } = outputs;
  const remarks = present.remark === undefined ? [] : [present.remark];
  const dependents = dependentsOf(outputs, present, all);
  if (present.lineage !== resource.id) {
    const whose =
      present.lineage === undefined
        ? `${arn} has lost its tag ${ownershipTags.lineage}: the removal refuses it, because nobody knows whose it is.`
        : `${arn} belongs to another resource now (lineage ${present.lineage}); it is forgotten here and stays as it is.`;
    // Without its tag the removal stops before anything goes; otherwise what carries our lineage still goes.
    const going = present.lineage === undefined ? [] : left;
    return { destructive: going.length > 0, consequences: [whose, ...going, ...remarks], dependents };
  }
  const { usage } = outputs;
  const spec = keySpecFacts[outputs.spec].aws;
  const origin = outputs.material.native === true ? "AWS_KMS" : "EXTERNAL";
  if (present.state === "PendingDeletion" || present.state === "PendingReplicaDeletion") {
    const day = present.deletionDate?.slice(0, 10);
    return {
      destructive: true,
      consequences: [
        `${arn} is scheduled for deletion already and stays so: AWS deletes it${day === undefined ? "" : ` on ${day}`}, and ${lostWith({ spec, usage, origin })}`,
        ...left,
        ...remarks,
      ],
      dependents,
      undo: { ...(day === undefined ? {} : { until: day }), how: takeBack(outputs) },
    };
  }
  const date = new Date(now.getTime() + days * dayInMs);
  const former = [...new Set(formerKeys(keyVersionsIn(outputs), outputs.keyId).map((each) => each.arn))];
  const word = removalWord({ arn, lineage: resource.id ?? "", version, state: present.state, days });
  return {
    destructive: true,
    consequences: [
      `${arn}: ${deletionConsequence({
        spec,
        usage,
        origin,
        windowInDays: days,
        date,
        aliases: present.aliases.length,
        // Its days count at once where it is not the primary.
        replicaRegions: movedPrimary(outputs) === undefined ? regionsOf(outputs, present) : [],
        lastUsage: present.lastUsage,
      })}`,
      ...replicaSentences(outputs, date),
      ...(former.length === 0
        ? []
        : [`Its former keys go the same way, and what is still encrypted with them: ${former.join(", ")}.`]),
      ...remarks,
    ],
    dependents,
    undo: { until: dayOf(date), how: takeBack(outputs) },
    ...(word === undefined ? {} : { confirm: { word, as: "BYOK_CONFIRM", from: present.from } }),
  };
}

/** Both dates of a multi-Region key: all Regions go together, the primary last, wherever it is. */
function replicaSentences(outputs: KeyOutputs, date: Date): readonly string[] {
  const { replicas, arn, deletionWindowInDays: days } = outputs;
  if (replicas.length === 0) return [];
  const last = dayOf(new Date(date.getTime() + days * dayInMs));
  const moved = movedPrimary(outputs);
  const first = replicas.filter((replica) => replica !== moved).map((replica) => replica.arn);
  const arns = moved === undefined ? first : [arn, ...first];
  return [
    `${moved === undefined ? "Its replicas are" : "The replicas are"} scheduled first, and AWS deletes them on ${dayOf(date)} (${arns.join(", ")}); ` +
      `the primary${moved === undefined ? "" : ` (${moved.arn})`} goes ${days} days later, on ${last}.`,
  ];
}

/** The primary where it is not the key in the group's Region any more. */
const movedPrimary = ({ replicas, primaryRegion }: KeyOutputs): KeyOutputs["replicas"][number] | undefined =>
  replicas.find(({ region }) => region === primaryRegion);

/** A multi-Region key is taken back whole, by its primary. */
function takeBack(outputs: KeyOutputs): string {
  const { arn, multiRegion, replicas } = outputs;
  if (!multiRegion) return `kms:CancelKeyDeletion, or an AwsKmsKey with adopt: { arn: "${arn}", undelete: true }`;
  const primary = movedPrimary(outputs)?.arn ?? arn;
  const named = replicas.length === 0 ? "" : " and its replicas";
  return `kms:CancelKeyDeletion, in each of its Regions, or an AwsKmsKey with multiRegion: true${named} and adopt: { arn: "${primary}", undelete: true }`;
}

async function presentOf(resource: StackResource, outputs: KeyOutputs, ask: AskCloud): Promise<Present | "gone"> {
  if (ask === undefined) return recorded(resource, outputs, "AWS was not asked; this is what the state knows.");
  try {
    const kms = await ask(outputs);
    const facts = await kms.describeKey(outputs.keyId);
    return facts === undefined ? "gone" : await told(kms, facts);
  } catch (error) {
    const { sentence } = ByokError.from(error, "Asking AWS");
    return recorded(resource, outputs, `AWS could not be asked, so this is what the state knows: ${sentence}`);
  }
}

async function told(kms: KmsPort, facts: KmsKeyFacts): Promise<Present> {
  const [tags, aliases, usage] = await Promise.all([
    kms.listTags(facts.keyId),
    kms.listAliases(facts.keyId),
    kms.lastUsage(facts.keyId),
  ]);
  return {
    from: "cloud",
    state: facts.state,
    deletionDate: facts.deletionDate?.toISOString(),
    aliases,
    replicaRegions: facts.replicaRegions ?? [],
    lineage: tags[ownershipTags.lineage],
    lastUsage: isLeaving(facts.state) ? undefined : lastUsageSentence(usage),
  };
}

const recorded = ({ id }: StackResource, outputs: KeyOutputs, remark: string): Present => ({
  from: "state",
  state: outputs.keyState,
  deletionDate: outputs.deletionDate,
  aliases: outputs.aliases,
  replicaRegions: [],
  lineage: id,
  lastUsage: undefined,
  remark,
});

/** Regions of replicas, as AWS tells them now and as the state has them. */
const regionsOf = ({ replicas }: KeyOutputs, { replicaRegions }: Present): readonly string[] => [
  ...new Set([...replicaRegions, ...replicas.map(({ region }) => region)]),
];

function dependentsOf(key: KeyOutputs, present: Present, all: readonly StackResource[]): readonly string[] {
  const { keyId, replicas } = key;
  const pointing = withOutputs(all, "AwsAlias", aliasOutputs).filter(({ outputs }) => outputs.targetKeyId === keyId);
  const schedules = withOutputs(all, "DeletionSchedule", scheduleOutputs).filter(
    ({ outputs }) => outputs.keyId === keyId,
  );
  return [
    ...present.aliases,
    ...pointing.map(({ resource, outputs }) => `AwsAlias ${resource.name} (${outputs.name})`),
    ...schedules.map(({ resource }) => `DeletionSchedule ${resource.name}`),
    ...regionsOf(key, present).map((region) => {
      const names = replicas.find((replica) => replica.region === region)?.aliases ?? [];
      return `its replica in ${region}${names.length === 0 ? "" : ` (${names.join(", ")})`}`;
    }),
  ];
}

/** KMS keys that the removal still schedules where the newest is gone: former ones, and replicas. */
const leftOverArns = (outputs: KeyOutputs): readonly string[] => [
  ...new Set([
    ...formerKeys(keyVersionsIn(outputs), outputs.keyId)
      .filter(({ keyState }) => keyState !== "Destroyed" && !isLeaving(keyState))
      .map(({ arn }) => arn),
    ...outputs.replicas.map(({ arn }) => arn),
  ]),
];

/** The removal of a key that is gone, with what is left of it. */
const recordItem = (
  what: string,
  left: readonly string[],
): Pick<PlanItem, "destructive" | "consequences" | "dependents"> => ({
  destructive: left.length > 0,
  consequences: [
    `${what}; ${left.length === 0 ? "only the record goes." : "the record goes, and what is left of it."}`,
    ...left,
  ],
  dependents: [],
});

/** They get AWS's longest waiting period, because no word is asked for. */
function leftOverSentences(outputs: KeyOutputs, now: Date): readonly string[] {
  const arns = leftOverArns(outputs);
  if (arns.length === 0) return [];
  const date = new Date(now.getTime() + deletionWindow.default * dayInMs).toISOString().slice(0, 10);
  return [
    `It schedules the deletion of ${arns.join(", ")} in ${deletionWindow.default} days (${date}) as well: what they encrypted becomes unreadable for ever.`,
  ];
}
