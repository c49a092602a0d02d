import type { PlainRecord } from "../../contract";
import { replicaInputs } from "../../inputs/replica-inputs";
import { pickDefined } from "../../pick-defined";
import { textList } from "../../text-list";
import type { KeyInputs } from "../key-inputs";
import { recordedReplicas } from "./recorded-replicas";

const observed = ["arn", "keyId", "keyState", "createdAt", "deletionDate", "proof", "link", "versions", "pending"];

/** The step in `pending` of a replica that AWS is making. */
export const makeReplica = "make the replica";

/** Of the outputs that a key of its own would have, what a replica does not share with its primary. */
export const replicaRecord = (outputs: PlainRecord, primaryArn: unknown): PlainRecord => ({
  ...pickDefined(outputs, [...Object.keys(replicaInputs.shape), ...observed]),
  primaryArn,
});

/** A replica that AWS was asked for: remembered before the answer with all that is asked of it, so that no destroy forgets it and no refresh makes less of it. */
export const expectedReplica = (
  inputs: KeyInputs,
  key: { readonly keyId: string; readonly arn: string },
): PlainRecord => ({
  ...pickDefined({ ...inputs }, Object.keys(replicaInputs.shape)),
  arn: key.arn,
  keyId: key.keyId,
  keyState: "Creating",
  pending: ["make the replica"],
});

/** A replica that an adoption takes over, as long as it was not looked at: it is there, in a state that nothing tells yet. */
export function unseenReplica(inputs: KeyInputs, key: { readonly keyId: string; readonly arn: string }): PlainRecord {
  const { keyState: _, ...record } = expectedReplica(inputs, key);
  return { ...record, pending: ["adopt the replica"] };
}

/** How a step in the output `pending` ends that is a replica's. */
export const inReplica = (region: string): string => ` (replica in ${region})`;

/** The ARN of a multi-Region key in another Region: nothing else of it differs. */
export const arnIn = (arn: string, region: string): string =>
  arn
    .split(":")
    .map((part, index) => (index === 3 ? region : part))
    .join(":");

/**
 * The outputs of a multi-Region key: those of the key in its group's Region, the replicas as they were seen, and the Region of the primary.
 *
 * @param unfinished - steps that are still due besides those that the keys themselves show
 */
export function setOutputs(
  main: PlainRecord,
  replicas: readonly PlainRecord[],
  primaryRegion: unknown,
  unfinished: readonly string[] = [],
): PlainRecord {
  const { replicas: asked, primaryRegion: _wanted, ...own } = main;
  const listed = replicas.length > 0 || Array.isArray(asked) ? { replicas } : {};
  const pending = [
    ...textList(main["pending"]),
    ...recordedReplicas({ replicas }).flatMap(({ region, record }) =>
      textList(record["pending"]).map((step) => `${step}${inReplica(region)}`),
    ),
    ...unfinished,
  ];
  return { ...own, ...listed, primaryRegion, pending: [...new Set(pending)] };
}
