import type { KmsKeyFacts } from "../../../model/ports/kms";
import { connectionOf } from "../../connection-of";
import type { LifecycleContext, PlainRecord } from "../../contract";
import type { KeyInputs } from "../key-inputs";
import { observeAgain, readPlace } from "../read-key";
import { formerReplicas, formerReplicasAt } from "./former-replicas";
import { inRegion } from "./in-region";
import { recordedReplicas } from "./recorded-replicas";
import { recordedMember } from "./replica-member";
import { replicaRecord, setOutputs } from "./replica-record";

/**
 * Looks at each replica and tells its drift; one that is gone leaves the record, so that the next `up` makes it again. Key ids are the same in every
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
    if (member === undefined) continue;
    const there = inRegion(context, region);
    const kms = context.kms(connectionOf(member.inputs.group));
    const observed = await observeAgain(kms, record, facts.keyId);
    if (observed === undefined) {
      there.log.warn("drift: it does not exist any more; the next pulumi up makes it again.");
      continue;
    }
    const place = { context: there, kms, id, inputs: member.inputs, outputs: record };
    const found = await readPlace(place, observed);
    replicas.push(found === undefined ? record : replicaRecord(found, facts.arn));
  }
  tellForeign(context, outputs, facts);
  return {
    ...setOutputs(own, replicas, facts.primaryRegion ?? outputs["primaryRegion"]),
    ...formerReplicasAt(outputs, context.clock()),
  };
}

function tellForeign(context: LifecycleContext, outputs: PlainRecord, facts: KmsKeyFacts): void {
  const { primaryRegion, replicaRegions = [] } = facts;
  const recorded = outputs["primaryRegion"];
  if (primaryRegion !== undefined && primaryRegion !== recorded)
    context.log.warn(`drift: the primary is in ${primaryRegion}, not in ${String(recorded)}.`);
  const known = [...recordedReplicas(outputs), ...formerReplicas(outputs)].map(({ region }) => region);
  for (const region of replicaRegions.filter((each) => !known.includes(each) && each !== facts.region))
    context.log.warn(
      `drift: it has a replica in ${region} that this resource has not made; AWS deletes the primary only after it.`,
    );
}
