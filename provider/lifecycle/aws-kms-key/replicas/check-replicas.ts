import { partitionOf } from "../../../model/aws-partitions";
import type { CheckFailure, PlainRecord } from "../../contract";
import type { AwsKmsKeyInputs } from "../../inputs/aws-kms-key-inputs";
import type { ReplicaInputs } from "../../inputs/replica-inputs";
import { nameOf } from "../key-material";
import { rotationSettings } from "../rotation-settings";
import { recordedReplicas } from "./recorded-replicas";

/** What `check` says of the key in one place: rules of its group, trust, wrapping, expiry. */
export type PlaceCheck = (inputs: AwsKmsKeyInputs, before: PlainRecord) => Promise<readonly CheckFailure[]>;

/** Which of them speak of a place, and not of the key as a whole. */
const ofThePlace = /^(group|tags|validTo|keepValidFor|material\.(source|file|native))\b/;

/** What is wrong with a multi-Region key, as far as a single-Region key has nothing like it. */
export async function checkReplicas(
  inputs: AwsKmsKeyInputs,
  before: PlainRecord,
  { rotates, isGone }: { readonly rotates: boolean; readonly isGone: boolean },
  ofPlace: PlaceCheck,
): Promise<readonly CheckFailure[]> {
  const failures: CheckFailure[] = [...kindFailures(inputs, before)];
  if (inputs.multiRegion !== true) return failures;
  const replicas = inputs.replicas ?? [];
  for (const [index, replica] of replicas.entries()) {
    const reason = placeFault(inputs, replica, replicas.slice(0, index));
    if (reason !== undefined) {
      failures.push({ property: `replicas[${index}].group`, reason });
      continue;
    }
    const recorded = recordedReplicas(before).find(({ region }) => region === replica.group.region)?.record ?? {};
    const found = await ofPlace(inReplicasPlace(inputs, replica), recorded);
    for (const { property, reason } of found.filter((failure) => ofThePlace.test(failure.property)))
      failures.push({ property: `replicas[${index}].${property.replace(/^material\.\w+$/, "group")}`, reason });
  }
  return [
    ...failures,
    ...materialFailures(inputs, before, isGone),
    ...primaryFailures(inputs, before),
    ...stateFailures(inputs, before, rotates),
  ];
}

/** The key as it would be if the replica's place were its own. */
const inReplicasPlace = (inputs: AwsKmsKeyInputs, replica: ReplicaInputs): AwsKmsKeyInputs => {
  const { group, tags, validTo, keepValidFor } = replica;
  return { ...inputs, group, tags, validTo, keepValidFor, renewBefore: undefined };
};

function kindFailures(inputs: AwsKmsKeyInputs, before: PlainRecord): readonly CheckFailure[] {
  const { multiRegion = false, replicas = [], primaryRegion, adopt } = inputs;
  const failures: CheckFailure[] = [];
  const isMade = before["owner"] !== undefined;
  if (isMade && (before["multiRegion"] === true) !== multiRegion) {
    failures.push({
      property: "multiRegion",
      reason:
        "cannot change: AWS fixes when a key is made whether it is a multi-Region key. Make a new AwsKmsKey and move the aliases.",
    });
  } else if (!multiRegion && replicas.length > 0) {
    failures.push({ property: "replicas", reason: "are for a multi-Region key only. Set multiRegion: true." });
  }
  if (!multiRegion && primaryRegion !== undefined)
    failures.push({ property: "primaryRegion", reason: "is for a multi-Region key only. Set multiRegion: true." });
  if (adopt !== undefined && !isMade && primaryRegion !== undefined && primaryRegion !== inputs.group.region) {
    failures.push({
      property: "primaryRegion",
      reason: `is ${primaryRegion}, and an adoption moves no primary. Adopt the key with a group of the Region in which its primary is, and move it then.`,
    });
  }
  return failures;
}

/** Regions whose replicas need not be made: those of the last run, and all of a key that is adopted with them. */
const knownRegions = (
  replicas: readonly ReplicaInputs[],
  before: PlainRecord,
  adopt: AwsKmsKeyInputs["adopt"],
): readonly string[] =>
  adopt !== undefined && before["owner"] === undefined
    ? replicas.map(({ group }) => group.region)
    : recordedReplicas(before).map(({ region }) => region);

/** What does not go together with where the material comes from. */
function materialFailures(
  { material, replicas = [], adopt }: AwsKmsKeyInputs,
  before: PlainRecord,
  isGone: boolean,
): readonly CheckFailure[] {
  const known = knownRegions(replicas, before, adopt);
  return replicas.flatMap(({ group, validTo, keepValidFor }, index): readonly CheckFailure[] => {
    const expiry = validTo === undefined ? (keepValidFor === undefined ? undefined : "keepValidFor") : "validTo";
    if ("native" in material) {
      const reason = "is for imported material, and AWS makes this key's (material.native). Remove it.";
      return expiry === undefined ? [] : [{ property: `replicas[${index}].${expiry}`, reason }];
    }
    if (!isGone || known.includes(group.region) || !("file" in material) || material.keepInToken === true) return [];
    const reason = `cannot be made: ${nameOf(material)} is gone, and the token keeps nothing of it. Bring the file back for this run.`;
    return [{ property: `replicas[${index}]`, reason }];
  });
}

function placeFault(
  { group }: AwsKmsKeyInputs,
  replica: ReplicaInputs,
  others: readonly ReplicaInputs[],
): string | undefined {
  const { account, region } = replica.group;
  if (region === group.region) return `is in ${region}, where the key itself is. A replica is in another Region.`;
  if (others.some((other) => other.group.region === region))
    return `is in ${region}, where another replica of this key is. AWS keeps one a Region.`;
  if (account !== group.account)
    return `is in account ${account}, and the key in ${group.account}. A multi-Region key stays in one account.`;
  if (partitionOf(region)?.id !== partitionOf(group.region)?.id)
    return `is in another partition of AWS than the key (${region}, ${group.region}); no replica leaves its partition.`;
  return undefined;
}

function primaryFailures(inputs: AwsKmsKeyInputs, before: PlainRecord): readonly CheckFailure[] {
  const { group, replicas = [], enabled = true } = inputs;
  const wanted = inputs.primaryRegion ?? group.region;
  const replica = replicas.find((each) => each.group.region === wanted);
  if (wanted !== group.region && replica === undefined) {
    const regions = [group.region, ...replicas.map((each) => each.group.region)];
    return [
      { property: "primaryRegion", reason: `is ${wanted}, where this key is not. It is in ${regions.join(", ")}.` },
    ];
  }
  const present = typeof before["primaryRegion"] === "string" ? before["primaryRegion"] : group.region;
  if (present === wanted) return [];
  const disabled = [
    ...(enabled ? [] : [group.region]),
    ...replicas.flatMap((each) =>
      [present, wanted].includes(each.group.region) && each.enabled === false ? [each.group.region] : [],
    ),
  ];
  if (disabled.length === 0) return [];
  return [
    {
      property: "primaryRegion",
      reason: `cannot move from ${present} to ${wanted} while the key is disabled in ${disabled.join(", ")}: AWS moves the primary between enabled keys only. Enable it first.`,
    },
  ];
}

/** What AWS does with enabled keys that hold their material only. */
function stateFailures(inputs: AwsKmsKeyInputs, before: PlainRecord, rotates: boolean): readonly CheckFailure[] {
  const { replicas = [], enabled, materialState, adopt } = inputs;
  const failures: CheckFailure[] = [];
  const known = knownRegions(replicas, before, adopt);
  const { rotationMode } = rotationSettings(inputs);
  for (const [index, { group }] of replicas.entries()) {
    if (known.includes(group.region)) continue;
    const fault =
      enabled === false
        ? "with enabled: false this one is not. Make the replica first, and disable the key then."
        : materialState === "deleted"
          ? 'with materialState: "deleted" this one is not. Import the material first.'
          : undefined;
    if (fault !== undefined)
      failures.push({
        property: `replicas[${index}]`,
        reason: `cannot be made: AWS replicates an enabled primary, and ${fault}`,
      });
  }
  const leaving = known.filter((region) => !replicas.some(({ group }) => group.region === region));
  if (leaving.length > 0 && rotates && rotationMode === "in-place") {
    failures.push({
      property: "replicas",
      reason:
        `lack ${leaving.join(", ")}, and the key is rotated in place in the same run: AWS rotates once every replica holds the new material, the leaving one too. ` +
        "Rotate first, and remove the replica then; or set follow: false until AWS has deleted it.",
    });
  }
  return failures;
}
