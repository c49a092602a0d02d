import { AwsError, unsupported, validationError } from "../../aws-error";
import { authorizeIdentity, authorizeKey, keyArn } from "../../policy/authorize";
import type { KeyRecord, MaterialRecord } from "../../store/records";
import type { Call, Operation } from "../call";
import { isPrimary } from "../due-events";
import { keyMetadata } from "../key-metadata";
import { policyForNewKey } from "../key-policy";
import { requireKey } from "../key-reference";
import { requireState } from "../key-state";
import { readTags, tagContext } from "../tags";

function requireRegion(call: Call, name: string): string {
  const region = call.input.requiredText(name, { min: 1, max: 32, pattern: /^([a-z]+-){2,3}\d+$/ });
  if (!call.cloud.settings.regions.includes(region)) throw unsupported(`KMS is not available in the Region ${region}.`);
  return region;
}

function requirePrimary(key: KeyRecord): { primaryRegion: string; replicaRegions: readonly string[] } {
  if (key.multiRegion === null || !isPrimary(key))
    throw unsupported(`${keyArn(key)} is not a multi-region primary key.`);
  return key.multiRegion;
}

export const replicateKey: Operation = (call) => {
  const { cloud, now } = call;
  const region = requireRegion(call, "ReplicaRegion");
  const tags = readTags(call.input);
  const description = call.input.text("Description", { max: 8192 }) ?? "";
  const primary = requireKey(call, call.input.keyReference(), {
    context: { "kms:ReplicaRegion": region, "kms:PrimaryRegion": call.region },
  });
  const { primaryRegion, replicaRegions } = requirePrimary(primary);
  requireState(primary, now, ["Enabled"]);
  if (region === primaryRegion || replicaRegions.includes(region)) {
    throw new AwsError("AlreadyExistsException", `${keyArn({ ...primary, region })} already exists.`);
  }
  const multiRegion = { primaryRegion, replicaRegions: [...replicaRegions, region] };
  const draft: KeyRecord = {
    ...primary,
    region,
    createdAt: now,
    description,
    enabled: true,
    multiRegion,
    tags,
    creatingUntil: now + cloud.settings.transitionMs,
    updatingUntil: null,
    materials: primary.materials.map((material) => materialInReplica(primary, material)),
    grants: [],
    lastUse: null,
  };
  // The replica is made with the permissions of CreateKey in its own Region.
  authorizeIdentity({ ...call, region }, "kms:CreateKey", "*", {
    "kms:KeySpec": primary.spec,
    "kms:KeyUsage": primary.usage,
    "kms:KeyOrigin": primary.origin,
    "kms:MultiRegion": "true",
    "kms:MultiRegionKeyType": "REPLICA",
    ...tagContext(tags),
  });
  const replica = { ...draft, policy: policyForNewKey(call, draft) };
  const family = cloud.store.relatives(primary).map((member) => ({ ...member, multiRegion }));
  cloud.store.put(...family, replica);
  return {
    // The answer shows the moment of creation, however short the state lasts.
    ReplicaKeyMetadata: keyMetadata({ ...replica, creatingUntil: now + 1 }, now),
    ReplicaPolicy: replica.policy,
    ReplicaTags: replica.tags,
  };
};

/** Imported material is associated with the replica but has to be imported there; AWS copies its own. */
function materialInReplica(key: KeyRecord, material: MaterialRecord): MaterialRecord {
  return key.origin === "EXTERNAL" ? { ...material, bytes: null, expiresAt: null, description: null } : material;
}

export const updatePrimaryRegion: Operation = (call) => {
  const { cloud, now } = call;
  const region = requireRegion(call, "PrimaryRegion");
  const key = requireKey(call, call.input.keyReference(), { context: { "kms:PrimaryRegion": region } });
  const { primaryRegion, replicaRegions } = requirePrimary(key);
  if (region === primaryRegion) throw validationError(`${keyArn(key)} is already the primary key.`);
  const target = cloud.store.key(key.account, region, key.keyId);
  if (target === undefined) throw unsupported(`${keyArn({ ...key, region })} is not a replica of ${keyArn(key)}.`);
  requireState(key, now, ["Enabled"]);
  requireState(target, now, ["Enabled"]);
  authorizeKey(call, "kms:UpdatePrimaryRegion", target, { "kms:PrimaryRegion": region });
  const multiRegion = {
    primaryRegion: region,
    replicaRegions: [primaryRegion, ...replicaRegions.filter((replica) => replica !== region)],
  };
  const updatingUntil = now + cloud.settings.transitionMs;
  const family = cloud.store.relatives(key).map((member): KeyRecord => {
    const swaps = member.region === region || member.region === primaryRegion;
    return { ...member, multiRegion, updatingUntil: swaps ? updatingUntil : member.updatingUntil };
  });
  cloud.store.put(...family);
  return {};
};
