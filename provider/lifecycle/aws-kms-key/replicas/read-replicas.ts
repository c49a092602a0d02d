import { formerKeys, keyVersionsIn } from "../../../model/key-versions";
import { isLeaving } from "../../../model/key-states";
import type { KmsKeyFacts, KmsPort } from "../../../model/ports/kms";
import { connectionOf } from "../../connection-of";
import type { LifecycleContext, PlainRecord } from "../../contract";
import type { KeyInputs } from "../key-inputs";
import { textList } from "../../text-list";
import { observeAgain, readPlace, seenAgain, withAliasesOfFormer } from "../read-key";
import { formerReplicas, formerReplicasAt } from "./former-replicas";
import { inRegion } from "./in-region";
import { recordedReplicas } from "./recorded-replicas";
import { recordedMember } from "./replica-member";
import { makeReplica, replicaRecord, setOutputs } from "./replica-record";

/**
 * Looks at each replica and tells its drift; one that is gone leaves the record, but for its former keys, so that the next `up` makes it again. Key ids are the same in every
 * Region, so that a key that went on with a newer version takes its replicas along.
 */
export async function readReplicas(
  context: LifecycleContext,
  key: { readonly id: string; readonly inputs: KeyInputs; readonly outputs: PlainRecord; readonly own: PlainRecord },
  facts: KmsKeyFacts,
): Promise<PlainRecord> {
  const { id, inputs, outputs, own } = key;
  const replicas: PlainRecord[] = [];
  for (const { region, record } of recordedReplicas(outputs)) {
    const member = recordedMember(inputs, record);
    if (member === undefined) {
      replicas.push(record);
      continue;
    }
    const there = inRegion(context, region);
    const kms = context.kms(connectionOf(member.inputs.group));
    const observed = await observeAgain(kms, record, facts.keyId);
    // Whoever lets a key go in every Region wants no replica of it again.
    if (observed === undefined && isLeaving(facts.state)) {
      if (record["keyState"] !== "Destroyed") there.log.info("AWS has deleted it, as it was scheduled.");
      replicas.push({ ...record, keyState: "Destroyed", pending: [] });
      continue;
    }
    if (observed === undefined) {
      there.log.warn("drift: it does not exist any more; the next pulumi up makes it again.");
      replicas.push(...(await withoutNewest(kms, record, facts.keyId)));
      continue;
    }
    const place = { context: there, kms, id, inputs: member.inputs, outputs: record };
    const found = await readPlace(place, observed);
    const isCutOff = textList(record["pending"]).length > 0;
    const whole = found === undefined || !isCutOff ? found : await withAliasesOfFormer(kms, record, found);
    replicas.push(whole === undefined ? record : replicaRecord(whole, facts.arn));
  }
  tellForeign(context, outputs, facts);
  return {
    ...setOutputs(own, replicas, facts.primaryRegion ?? outputs["primaryRegion"]),
    ...formerReplicasAt(outputs, context.clock()),
  };
}

/**
 * What is left of a replica whose newest key is gone: its former keys, of which the newest stands for it until there is one again; nothing where no former key is
 * there either.
 */
async function withoutNewest(kms: KmsPort, record: PlainRecord, keyId: string): Promise<readonly PlainRecord[]> {
  const versions = await seenAgain(kms, formerKeys(keyVersionsIn(record), keyId), []);
  const newest = versions.findLast(({ keyState }) => keyState !== "Destroyed");
  if (newest === undefined) return [];
  const { proof: _proof, link: _link, createdAt: _made, deletionDate: _gone, ...kept } = record;
  const { arn, keyState } = newest;
  return [{ ...kept, arn, keyId: newest.keyId, keyState, versions, pending: [makeReplica] }];
}

function tellForeign(context: LifecycleContext, outputs: PlainRecord, facts: KmsKeyFacts): void {
  const { primaryRegion, replicaRegions = [] } = facts;
  const recorded = outputs["primaryRegion"];
  if (primaryRegion !== undefined && typeof recorded === "string" && primaryRegion !== recorded)
    context.log.warn(`drift: the primary is in ${primaryRegion}, not in ${recorded}.`);
  const known = [...recordedReplicas(outputs), ...formerReplicas(outputs)].map(({ region }) => region);
  for (const region of replicaRegions.filter((each) => !known.includes(each) && each !== facts.region))
    context.log.warn(
      `drift: it has a replica in ${region} that this resource has not made; AWS deletes the primary only after it.`,
    );
}
