import { AwsError, invalidState, limitExceeded, unsupported } from "../../aws-error";
import { keyArn } from "../../policy/authorize";
import type { Call, Answer, Operation } from "../call";
import { isPrimary, settle } from "../due-events";
import { seconds } from "../key-metadata";
import { requireKey } from "../key-reference";
import { pendingMaterial, requireState } from "../key-state";
import { page } from "../page";
import { pendingRole } from "../pending-role";
import type { KeyRecord, MaterialRecord } from "../../store/records";

const day = 86_400_000;
/** RotateKeyOnDemand of the API reference. */
const maximumOnDemandRotations = 25;

function requireSymmetric(key: KeyRecord): void {
  if (key.spec !== "SYMMETRIC_DEFAULT") throw unsupported();
}

export const rotateKeyOnDemand: Operation = (call) => {
  const { now, cloud } = call;
  const key = requireKey(call, call.input.keyReference());
  requireSymmetric(key);
  requireState(key, now, ["Enabled"]);
  if (!isPrimary(key)) throw unsupported(`${keyArn(key)} is not a multi-region primary key.`);
  if (key.rotation.onDemandStartedAt !== null) {
    throw new AwsError("ConflictException", `A rotation of ${keyArn(key)} is already in progress.`);
  }
  if (key.rotation.onDemandCount >= maximumOnDemandRotations) {
    throw limitExceeded(
      `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${keyArn(key)}`,
    );
  }
  const pending = pendingMaterial(key);
  const ready = pending !== undefined && pendingRole(cloud.store, key, pending) === "PENDING_ROTATION";
  if (key.origin === "EXTERNAL" && !ready) {
    throw invalidState(`No available key material pending rotation for the key: ${keyArn(key)}.`);
  }
  const rotation = { ...key.rotation, onDemandStartedAt: now, onDemandDoneAt: now + cloud.settings.transitionMs };
  cloud.store.put({ ...key, rotation });
  settle(cloud.store, now);
  return { KeyId: keyArn(key) };
};

/** Automatic rotation is for material that the service makes. */
function requireAutomatic(call: Call): KeyRecord {
  const key = requireKey(call, call.input.keyReference());
  if (key.spec !== "SYMMETRIC_DEFAULT" || key.origin !== "AWS_KMS") {
    throw unsupported(
      key.origin === "EXTERNAL" ? `${keyArn(key)} origin is EXTERNAL which is not valid for this operation.` : "",
    );
  }
  requireState(key, call.now, ["Enabled"]);
  if (!isPrimary(key)) throw unsupported(`${keyArn(key)} is not a multi-region primary key.`);
  return key;
}

function setSchedule(call: Call, key: KeyRecord, periodInDays: number | null): Answer {
  const nextAt = periodInDays === null ? null : call.now + periodInDays * day;
  const family = call.cloud.store.relatives(key);
  call.cloud.store.put(
    ...family.map((member) => ({ ...member, rotation: { ...member.rotation, periodInDays, nextAt } })),
  );
  return {};
}

export const enableKeyRotation: Operation = (call) => {
  const period = call.input.whole("RotationPeriodInDays", { min: 90, max: 2560 }) ?? 365;
  return setSchedule(call, requireAutomatic(call), period);
};

export const disableKeyRotation: Operation = (call) => setSchedule(call, requireAutomatic(call), null);

export const getKeyRotationStatus: Operation = (call) => {
  const key = requireKey(call, call.input.keyReference(), { crossAccount: true, view: call.view });
  if (key.spec !== "SYMMETRIC_DEFAULT") return { KeyId: keyArn(key), KeyRotationEnabled: false };
  const { periodInDays, nextAt, onDemandStartedAt } = key.rotation;
  return {
    KeyId: keyArn(key),
    // A key that is scheduled for deletion does not rotate, whatever its schedule was.
    KeyRotationEnabled: periodInDays !== null && key.deletion === null,
    ...(periodInDays === null || nextAt === null || key.deletion !== null
      ? {}
      : { RotationPeriodInDays: periodInDays, NextRotationDate: seconds(nextAt) }),
    ...(onDemandStartedAt === null ? {} : { OnDemandRotationStartDate: seconds(onDemandStartedAt) }),
  };
};

export const listKeyRotations: Operation = (call) => {
  const include =
    call.input.text("IncludeKeyMaterial", { oneOf: ["ALL_KEY_MATERIAL", "ROTATIONS_ONLY"] }) ?? "ROTATIONS_ONLY";
  const key = requireKey(call, call.input.keyReference(), { view: call.view });
  requireSymmetric(key);
  const shown = key.materials.filter((material) => include === "ALL_KEY_MATERIAL" || material.rotatedAt !== null);
  const { items, rest } = page(call, shown, { defaultLimit: 100, maxLimit: 1000, identity: (material) => material.id });
  return { Rotations: items.map((material) => rotationEntry(call, key, material)), ...rest };
};

function rotationEntry(call: Call, key: KeyRecord, material: MaterialRecord): Answer {
  return {
    KeyId: keyArn(key),
    KeyMaterialId: material.id,
    KeyMaterialState: material.role === "PENDING" ? pendingRole(call.view, key, material) : material.role,
    ...(key.origin === "EXTERNAL" ? importedEntry(material) : {}),
    ...(material.rotatedAt === null
      ? {}
      : { RotationDate: seconds(material.rotatedAt), RotationType: material.rotationType }),
  };
}

function importedEntry(material: MaterialRecord): Answer {
  return {
    ...(material.description === null ? {} : { KeyMaterialDescription: material.description }),
    ImportState: material.bytes === null ? "PENDING_IMPORT" : "IMPORTED",
    ...(material.bytes === null
      ? {}
      : material.expiresAt === null
        ? { ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" }
        : { ExpirationModel: "KEY_MATERIAL_EXPIRES", ValidTo: seconds(material.expiresAt) }),
  };
}
