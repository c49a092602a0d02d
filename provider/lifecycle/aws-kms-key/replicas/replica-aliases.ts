import { ByokError } from "../../../model/errors";
import type { LifecycleContext } from "../../contract";
import type { KeyInputs } from "../key-inputs";
import { refuseTakenAliases } from "../taken-aliases";
import { replicaMembers, type ReplicaMember } from "./replica-member";

/** An alias of a replica is never taken from another key either; found out before anything is made. */
export async function refuseTakenInReplicas(
  context: LifecycleContext,
  inputs: KeyInputs,
  formerKeys: ReadonlySet<string>,
  lineage: string,
): Promise<void> {
  if (inputs.multiRegion !== true) return;
  for (const member of await replicaMembers(context, inputs)) await refuseTakenInReplica(member, formerKeys, lineage);
}

/** @throws ByokError with the property as the program has it: `replicas[0].aliases[1]` */
export async function refuseTakenInReplica(
  { kms, inputs, property }: ReplicaMember,
  formerKeys: ReadonlySet<string>,
  lineage: string,
): Promise<void> {
  try {
    await refuseTakenAliases(kms, inputs.aliases ?? [], formerKeys, lineage);
  } catch (error) {
    if (!(error instanceof ByokError) || error.property === undefined) throw error;
    throw error.with({ property: `${property}.${error.property}` });
  }
}
