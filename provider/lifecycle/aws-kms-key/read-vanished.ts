import { isLeaving } from "../../model/key-states";
import { connectionOf } from "../connection-of";
import type { LifecycleContext, PlainRecord } from "../contract";
import { destroyedRecord, destroyedSentence } from "./destroyed-key";
import type { KeyInputs } from "./key-inputs";
import { recordedReplicas } from "./replicas/recorded-replicas";
import { recordedMembers } from "./replicas/replica-member";

/**
 * What is left of a key that its own Region shows no more. A multi-Region key is asked for wherever the state knows it, also where it was gone before: one that is
 * scheduled for deletion elsewhere can be taken back until its date.
 */
export async function readVanished(
  context: LifecycleContext,
  keyId: string,
  inputs: KeyInputs,
  outputs: PlainRecord,
): Promise<PlainRecord> {
  const seen = await statesElsewhere(context, inputs, outputs);
  const known = withStates(outputs, seen);
  const living = [...seen].find(([, { keyState }]) => !isGone(keyState) && !isLeaving(keyState));
  if (living === undefined) {
    const destroyed = destroyedRecord(known, context.clock());
    context.log.warn(destroyedSentence(destroyed));
    return destroyed;
  }
  const [elsewhere, { keyState }] = living;
  context.log.warn(
    `drift: ${keyId} does not exist in ${inputs.region} any more, and still does in ${elsewhere}; this resource keeps it. ` +
      `Make the replica in ${inputs.region} again (kms:ReplicateKey in the primary's Region), and run pulumi up.`,
  );
  if (outputs["keyState"] !== "Destroyed") return known;
  const { deletionDate: _, ...kept } = known;
  return { ...kept, keyState };
}

interface StateElsewhere {
  readonly keyState: string;
  readonly deletionDate: string | undefined;
}

const isGone = (keyState: string): boolean => keyState === "Destroyed";

async function statesElsewhere(
  context: LifecycleContext,
  inputs: KeyInputs,
  outputs: PlainRecord,
): Promise<ReadonlyMap<string, StateElsewhere>> {
  const states = new Map<string, StateElsewhere>();
  for (const { region, inputs: there, record } of recordedMembers(inputs, outputs)) {
    const { keyId } = record;
    if (typeof keyId !== "string") continue;
    const facts = await context.kms(connectionOf(there.group)).describeKey(keyId);
    states.set(region, {
      keyState: facts?.state ?? "Destroyed",
      deletionDate: facts?.deletionDate?.toISOString(),
    });
  }
  return states;
}

/** The outputs, with what was seen of each replica; the date of one that is gone stays, as a memory. */
function withStates(outputs: PlainRecord, states: ReadonlyMap<string, StateElsewhere>): PlainRecord {
  if (states.size === 0) return outputs;
  const replicas = recordedReplicas(outputs).map(({ region, record }) => {
    const state = states.get(region);
    if (state === undefined) return record;
    const { keyState, deletionDate } = state;
    return isGone(keyState) ? { ...record, keyState, pending: [] } : { ...record, keyState, deletionDate };
  });
  return { ...outputs, replicas };
}
