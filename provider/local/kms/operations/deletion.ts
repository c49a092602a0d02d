import { invalidState } from "../../aws-error";
import { keyArn } from "../../policy/authorize";
import type { KeyRecord } from "../../store/records";
import type { Operation } from "../call";
import { isPrimary } from "../due-events";
import { seconds } from "../key-metadata";
import { requireKey } from "../key-reference";
import { keyState, leaving, notLeaving, requireState } from "../key-state";

const day = 86_400_000;

export const scheduleKeyDeletion: Operation = (call) => {
  const windowInDays = call.input.whole("PendingWindowInDays", { min: 7, max: 30 }) ?? 30;
  const key = requireKey(call, call.input.keyReference(), {
    context: { "kms:ScheduleKeyDeletionPendingWindowInDays": String(windowInDays) },
  });
  requireState(key, call.now, notLeaving);
  // A primary waits until its last replica is gone, and only then its window begins.
  const waits = key.multiRegion !== null && isPrimary(key) && key.multiRegion.replicaRegions.length > 0;
  const at = waits ? null : call.now + windowInDays * day;
  const scheduled: KeyRecord = { ...key, enabled: false, deletion: { windowInDays, at } };
  call.cloud.store.put(scheduled);
  return {
    KeyId: keyArn(key),
    ...(at === null ? {} : { DeletionDate: seconds(at) }),
    KeyState: keyState(scheduled, call.now),
    PendingWindowInDays: windowInDays,
  };
};

export const cancelKeyDeletion: Operation = (call) => {
  const key = requireKey(call, call.input.keyReference());
  if (!leaving.includes(keyState(key, call.now))) throw invalidState(`${keyArn(key)} is not pending deletion.`);
  call.cloud.store.put({ ...key, deletion: null, enabled: false });
  return { KeyId: keyArn(key) };
};
