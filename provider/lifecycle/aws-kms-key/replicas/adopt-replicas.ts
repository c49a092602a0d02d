import { ByokError } from "../../../model/errors";
import { isLeaving } from "../../../model/key-states";
import { samePolicy } from "../../../model/key-policy";
import type { KmsKeyFacts } from "../../../model/ports/kms";
import { userTags } from "../../../model/tags";
import { connectionOf } from "../../connection-of";
import type { LifecycleContext, PlainRecord } from "../../contract";
import type { AwsKmsKeyInputs } from "../../inputs/aws-kms-key-inputs";
import type { ReplicaInputs } from "../../inputs/replica-inputs";
import { isRecord } from "../../is-record";
import { adoptionSentence } from "../adoption-sentence";
import { adoptedExpiry, requireAdoptable, undelete, type Expected } from "../adopt-key";
import type { KeyInputs } from "../key-inputs";
import { observeKey } from "../observe-key";
import { inRegion } from "./in-region";
import { replicaMembers } from "./replica-member";
import { arnIn } from "./replica-record";

type Named = Pick<AwsKmsKeyInputs, "group" | "replicas" | "multiRegion">;

/**
 * An adoption takes a multi-Region key over as it is, in every Region: its primary, and each of its replicas. It neither makes nor moves nor deletes one.
 *
 * @throws ByokError BYOK_ADOPT_REFUSED, with the lines that the program lacks
 */
export function requireWholeKey(facts: KmsKeyFacts, { group, replicas = [], multiRegion }: Named): void {
  if (!facts.multiRegion) return;
  const { arn, region, primaryRegion = region, replicaRegions = [] } = facts;
  if (primaryRegion !== region) {
    const primary = arnIn(arn, primaryRegion);
    throw new ByokError("BYOK_ADOPT_REFUSED", `${arn} is a replica; a multi-Region key is adopted by its primary.`, {
      property: "adopt.arn",
      hint: `Use a group of ${primaryRegion}, adopt: { arn: "${primary}" }, and name ${group.region} in replicas.`,
    });
  }
  const named = replicas.map((replica) => replica.group.region);
  const lacking = replicaRegions.filter((each) => !named.includes(each));
  if (lacking.length > 0) {
    const lines = lacking.map((each) => `{ group: GROUP }, // the AwsKmsGroup of ${each}`).join("\n");
    throw new ByokError(
      "BYOK_ADOPT_REFUSED",
      `${arn} has replicas in ${lacking.join(", ")} that the program does not name, and an adoption takes over all of a key.`,
      {
        property: "replicas",
        hint: `${multiRegion === true ? "Add" : "Set multiRegion: true, and add"} to replicas:\n${lines}`,
      },
    );
  }
  const absent = named.find((each) => !replicaRegions.includes(each));
  if (absent === undefined) return;
  throw new ByokError("BYOK_ADOPT_REFUSED", `${arn} has no replica in ${absent}, and an adoption makes none.`, {
    property: `replicas[${named.indexOf(absent)}]`,
    hint: "Leave it out until the key is adopted; add it then.",
  });
}

/** The replicas of a key that is adopted, each with what is found where the program does not name it; none of a key without replicas. */
export async function findAdoptedReplicas(
  context: LifecycleContext,
  inputs: AwsKmsKeyInputs,
  expected: Expected,
  { replicas }: PlainRecord,
): Promise<PlainRecord> {
  if (!Array.isArray(replicas)) return {};
  const found: PlainRecord[] = [];
  for (const [index, replica] of (inputs.replicas ?? []).entries()) {
    const listed: unknown = replicas[index];
    const derived = isRecord(listed) ? listed : {};
    const asked = await asFound(inRegion(context, replica.group.region), inputs, { replica, derived }, expected);
    found.push({ ...derived, ...asked });
  }
  return { replicas: found };
}

async function asFound(
  context: LifecycleContext,
  { adopt }: AwsKmsKeyInputs,
  { replica, derived }: { readonly replica: ReplicaInputs; readonly derived: PlainRecord },
  expected: Expected,
): Promise<PlainRecord> {
  const { account, region } = replica.group;
  const arn = arnIn(adopt?.arn ?? "", region);
  const observed = await observeKey(context.kms(connectionOf(replica.group)), arn);
  if (observed === undefined) throw new ByokError("BYOK_ADOPT_REFUSED", `There is no key ${arn}.`);
  requireAdoptable(observed, { ...expected, account, region }, adopt);
  const { facts, policy, tags, aliases } = observed;
  if (isLeaving(facts.state)) context.log.warn(`cancels the deletion of ${facts.arn}.`);
  const validTo = adoptedExpiry(derived["validTo"], facts);
  context.log.info(adoptionSentence(facts, validTo));
  return {
    adopted: true,
    description: replica.description ?? facts.description,
    policy: replica.policy !== undefined && !samePolicy(replica.policy, policy) ? replica.policy : policy,
    tags: replica.tags ?? userTags(tags),
    aliases: replica.aliases ?? aliases,
    enabled: replica.enabled ?? (facts.state === "PendingImport" || facts.state === "Enabled"),
    validTo,
  };
}

/** Judges every replica of a key that is adopted before anything is changed, and then takes back the deletion of those that wait for it: they would go before their primary. */
export async function takeBackReplicas(context: LifecycleContext, inputs: KeyInputs, keyId: string): Promise<void> {
  const leaving = [];
  for (const member of await replicaMembers(context, inputs)) {
    const observed = await observeKey(member.kms, keyId);
    const arn = arnIn(inputs.adopt?.arn ?? "", member.region);
    if (observed === undefined) throw new ByokError("BYOK_ADOPT_REFUSED", `There is no key ${arn}.`);
    requireAdoptable(observed, member.inputs, inputs.adopt);
    if (isLeaving(observed.facts.state)) leaving.push({ member, arn: observed.facts.arn });
  }
  for (const { member, arn } of leaving) await undelete(member.context, member.kms, member.inputs, arn);
}
