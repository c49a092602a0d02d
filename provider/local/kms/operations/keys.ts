import { randomBytes, randomUUID } from "node:crypto";
import { unsupported } from "../../aws-error";
import { authorizeIdentity, keyArn } from "../../policy/authorize";
import { type KeyRecord, type Tag, keySpecNames, keyUsageNames } from "../../store/records";
import type { Call, Operation } from "../call";
import { keyMetadata } from "../key-metadata";
import { requireKey } from "../key-reference";
import { usageFor } from "../key-specs";
import { notLeaving, requireState } from "../key-state";
import { policyForNewKey } from "../key-policy";
import { generateMaterial, materialId, newMaterial } from "../material";
import { page } from "../page";
import { readTags, tagContext } from "../tags";

/** What CreateKey and ReplicateKey start from. */
export function emptyRotation(): KeyRecord["rotation"] {
  return { periodInDays: null, nextAt: null, onDemandCount: 0, onDemandStartedAt: null, onDemandDoneAt: null };
}

export const createKey: Operation = async (call) => {
  const { input, cloud, caller, region, now } = call;
  const spec =
    input.text("KeySpec", { oneOf: keySpecNames }) ??
    input.text("CustomerMasterKeySpec", { oneOf: keySpecNames }) ??
    "SYMMETRIC_DEFAULT";
  const usage = usageFor(spec, input.text("KeyUsage", { oneOf: keyUsageNames }));
  const origin =
    input.text("Origin", { oneOf: ["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"] }) ?? "AWS_KMS";
  if (origin === "AWS_CLOUDHSM" || origin === "EXTERNAL_KEY_STORE" || input.has("CustomKeyStoreId")) {
    throw unsupported("Custom key stores are not available here.");
  }
  const multiRegion = input.flag("MultiRegion");
  const tags = readTags(input);
  const description = input.text("Description", { max: 8192 }) ?? "";
  authorizeCreation(call, tags, {
    "kms:KeySpec": spec,
    "kms:KeyUsage": usage,
    "kms:KeyOrigin": origin,
    "kms:MultiRegion": String(multiRegion),
    "kms:BypassPolicyLockoutSafetyCheck": String(input.flag("BypassPolicyLockoutSafetyCheck")),
  });
  const draft: KeyRecord = {
    kind: "key",
    account: caller.accountId,
    region,
    keyId: multiRegion ? `mrk-${randomBytes(16).toString("hex")}` : randomUUID(),
    createdAt: now,
    description,
    spec,
    usage,
    origin,
    enabled: true,
    multiRegion: multiRegion ? { primaryRegion: region, replicaRegions: [] } : null,
    policy: "",
    tags,
    deletion: null,
    creatingUntil: null,
    updatingUntil: null,
    materials: [],
    rotation: emptyRotation(),
    grants: [],
    lastUse: null,
  };
  const policed = { ...draft, policy: policyForNewKey(call, draft) };
  const key = origin === "EXTERNAL" ? policed : await withOwnMaterial(policed);
  cloud.store.put(key);
  return { KeyMetadata: keyMetadata(key, now) };
};

async function withOwnMaterial(key: KeyRecord): Promise<KeyRecord> {
  const bytes = await generateMaterial(key.spec);
  return { ...key, materials: [newMaterial(materialId(key, bytes), "CURRENT", bytes)] };
}

function authorizeCreation(call: Call, tags: readonly Tag[], context: Record<string, string>): void {
  const resource = `arn:aws:kms:${call.region}:${call.caller.accountId}:key/*`;
  const extra = { ...context, ...tagContext(tags) };
  authorizeIdentity(call, "kms:CreateKey", "*", extra);
  if (tags.length > 0) authorizeIdentity(call, "kms:TagResource", resource, extra);
}

export const describeKey: Operation = (call) => {
  const key = requireKey(call, call.input.keyReference(), { aliases: true, crossAccount: true, view: call.view });
  return { KeyMetadata: keyMetadata(key, call.now) };
};

export const listKeys: Operation = (call) => {
  authorizeIdentity(call, "kms:ListKeys", "*");
  const keys = call.view.keys(call.caller.accountId, call.region);
  const { items, rest } = page(call, keys, { defaultLimit: 100, maxLimit: 1000, identity: (key) => key.keyId });
  return { Keys: items.map((key) => ({ KeyId: key.keyId, KeyArn: keyArn(key) })), ...rest };
};

export const updateKeyDescription: Operation = (call) => {
  const reference = call.input.keyReference();
  const description = call.input.requiredText("Description", { max: 8192 });
  const key = requireKey(call, reference);
  requireState(key, call.now, notLeaving);
  call.cloud.store.put({ ...key, description });
  return {};
};

export const enableKey: Operation = (call) => setEnabled(call, true);
export const disableKey: Operation = (call) => setEnabled(call, false);

function setEnabled(call: Call, enabled: boolean): Record<string, never> {
  const key = requireKey(call, call.input.keyReference());
  requireState(key, call.now, ["Enabled", "Disabled"]);
  call.cloud.store.put({ ...key, enabled });
  return {};
}
