import type { AwsConnection } from "../model/aws-connection";
import { partitionOf } from "../model/aws-partitions";
import { ByokError } from "../model/errors";
import { defaultKeyPolicy, samePolicy } from "../model/key-policy";
import { roleConnections, type CredentialRole } from "../model/permissions/credential-roles";
import type { CreateKeyRequest, KmsKeyFacts, KmsPort } from "../model/ports/kms";
import { AwsCaller } from "./aws-caller";
import { surroundingsOf, type CloudDeps } from "../network/cloud-deps";
import type { RegionMemory } from "./aws-shared";
import { materialsOf, rotateOnDemand } from "./key-materials";
import { deletionMethods } from "./kms-deletion";
import { replicaMethods } from "./kms-replicas";
import { keyFacts } from "./key-facts";
import { grantsOn, tagsOf } from "./kms-lists";
import { ownedKeys } from "./owned-keys";
import { permissionVerdicts } from "./permission-verdicts";
import { processShared } from "./process-shared";
import { aliasTarget, listAliases } from "./read-aliases";
import { describeKey, isNotFound } from "./read-key";
import { lastUsage } from "./read-last-usage";

const THE_POLICY = "default";

/**
 * Opens AWS KMS for a lifecycle. Nothing is loaded, read or connected before the first call; ports of equal connections share
 * clients, and all ports of a process share the pacing of an account.
 */
export function openKms(connection: AwsConnection, deps: CloudDeps): KmsPort {
  const { own, others } = roleConnections(connection);
  const callerOf = (each: AwsConnection): AwsCaller => new AwsCaller(each, surroundingsOf(deps), processShared);
  const callers = others.map(({ role, connection: each }) => [role, callerOf(each)] as const);
  return kmsPort(callerOf(own), new Map(callers));
}

/** The port over callers of one's own; what a role has no caller for is done by the first. */
export function kmsPort(caller: AwsCaller, roles: ReadonlyMap<CredentialRole, AwsCaller> = new Map()): KmsPort {
  const destroyer = roles.get("destroy") ?? caller;
  const policyAdmin = roles.get("policy") ?? caller;
  const memory = (): Promise<RegionMemory> => caller.memory();
  /** Options for a call on a key that may have been created a moment ago. */
  const on = async (keyId: string): Promise<{ readonly isNew: () => boolean }> => {
    const { recent } = await memory();
    return { isNew: () => recent.isNew(keyId) };
  };
  return {
    callerIdentity: () => caller.checkedIdentity(),
    permissions: (question) => permissionVerdicts(caller, question),
    createKey: async (request) => {
      const { policy, ...rest } = request;
      // CreateKey with a policy needs kms:PutKeyPolicy too; the default one comes without being asked for.
      if (policy === undefined || (await isDefault(caller, policy))) return createKey(caller, rest);
      if (policyAdmin === caller) return createKey(caller, request);
      const made = await createKey(caller, rest);
      await policyAdmin.call(
        "PutKeyPolicy",
        { KeyId: made.keyId, PolicyName: THE_POLICY, Policy: policy },
        await on(made.keyId),
      );
      return made;
    },
    describeKey: async (keyId) => describeKey(caller, keyId, await on(keyId)),
    listAliases: async (keyId) => listAliases(caller, (await memory()).recent, keyId),
    aliasTarget: async (alias) => aliasTarget(caller, (await memory()).recent, alias, 1),
    listTags: async (keyId) => tagsOf(caller, keyId, await on(keyId)),
    getPolicy: async (keyId) => {
      const { Policy } = await caller.call("GetKeyPolicy", { KeyId: keyId, PolicyName: THE_POLICY }, await on(keyId));
      if (Policy !== undefined) return Policy;
      throw new ByokError("BYOK_AWS_FAILED", "kms:GetKeyPolicy answered without a policy.", { hint: "Try again." });
    },
    lastUsage: (keyId) => lastUsage(caller, keyId),
    listGrants: async (keyId) => grantsOn(caller, keyId, await on(keyId)),
    listMaterials: async (keyId) => materialsOf(caller, keyId, await on(keyId)),
    deleteMaterial: async (keyId, keyMaterialId) => {
      await destroyer.call(
        "DeleteImportedKeyMaterial",
        { KeyId: keyId, ...(keyMaterialId === undefined ? {} : { KeyMaterialId: keyMaterialId }) },
        await on(keyId),
      );
    },
    rotateOnDemand: (keyId) => rotateOnDemand(caller, keyId),
    findByOwner: (owner) => ownedKeys(caller, owner),
    putPolicy: async (keyId, policy) => {
      await policyAdmin.call("PutKeyPolicy", { KeyId: keyId, PolicyName: THE_POLICY, Policy: policy }, await on(keyId));
    },
    tag: async (keyId, tags) => {
      const Tags = Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
      if (Tags.length === 0) return;
      await caller.call("TagResource", { KeyId: keyId, Tags }, await on(keyId));
      (await memory()).index.note(keyId, undefined, (known) => ({ ...known, ...tags }));
    },
    untag: async (keyId, keys) => {
      if (keys.length === 0) return;
      await caller.call("UntagResource", { KeyId: keyId, TagKeys: [...keys] }, await on(keyId));
      const kept = ([key]: [string, string]): boolean => !keys.includes(key);
      (await memory()).index.note(keyId, undefined, (known) => Object.fromEntries(Object.entries(known).filter(kept)));
    },
    setDescription: async (keyId, description) => {
      await caller.call("UpdateKeyDescription", { KeyId: keyId, Description: description }, await on(keyId));
    },
    enable: async (keyId) => {
      await caller.call("EnableKey", { KeyId: keyId }, await on(keyId));
    },
    disable: async (keyId) => {
      await caller.call("DisableKey", { KeyId: keyId }, await on(keyId));
    },
    createAlias: async (alias, keyId) => {
      const { recent } = await memory();
      try {
        await caller.call("CreateAlias", { AliasName: alias, TargetKeyId: keyId }, await on(keyId));
      } catch (error) {
        if (!(error instanceof ByokError) || error.code !== "BYOK_AWS_ALREADY_EXISTS") throw error;
        const wanted = await describeKey(caller, keyId);
        if (wanted === undefined || (await aliasTarget(caller, recent, alias)) !== wanted.keyId) throw error;
      }
      recent.noteAlias(alias, keyId);
    },
    updateAlias: async (alias, keyId) => {
      const { recent } = await memory();
      const isNew = (): boolean => recent.isNew(keyId) || recent.isNew(alias);
      await caller.call("UpdateAlias", { AliasName: alias, TargetKeyId: keyId }, { isNew });
      recent.noteAlias(alias, keyId);
    },
    deleteAlias: async (alias) => {
      const { recent } = await memory();
      const isGone = async (): Promise<boolean> => {
        recent.noteAlias(alias, undefined);
        return (await aliasTarget(caller, recent, alias)) === undefined;
      };
      try {
        await destroyer.call(
          "DeleteAlias",
          { AliasName: alias },
          {
            isNew: () => recent.isNew(alias),
            settle: async (error) => (isNotFound(error) && (await isGone()) ? {} : undefined),
          },
        );
        recent.noteAlias(alias, undefined);
      } catch (error) {
        if (!isNotFound(error) || !(await isGone())) throw error;
      }
    },
    ...deletionMethods(destroyer, on),
    ...replicaMethods(caller, on, async (policy) => {
      const isForOthers = policy === undefined || policyAdmin !== caller || (await isDefault(caller, policy));
      return isForOthers ? {} : { Policy: policy };
    }),
  };
}

/** True for the policy that AWS gives to a key of the account by itself. */
async function isDefault(caller: AwsCaller, policy: string): Promise<boolean> {
  const { region } = caller.connection;
  const account = caller.connection.account ?? (await caller.callerIdentity()).account;
  return samePolicy(policy, defaultKeyPolicy(partitionOf(region)?.id ?? "aws", account));
}

async function createKey(caller: AwsCaller, request: CreateKeyRequest): Promise<KmsKeyFacts> {
  const { index, recent } = await caller.memory();
  try {
    const { KeyMetadata } = await caller.call(
      "CreateKey",
      {
        Origin: request.origin ?? "EXTERNAL",
        KeySpec: request.spec,
        KeyUsage: request.usage,
        Description: request.description,
        MultiRegion: request.multiRegion,
        Tags: Object.entries(request.tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
        ...(request.policy === undefined ? {} : { Policy: request.policy }),
      },
      // A second call would make a second key.
      { repeatable: false },
    );
    const facts = keyFacts(KeyMetadata);
    recent.noteCreated(facts.keyId);
    index.note(facts.keyId, facts.arn, () => request.tags);
    return facts;
  } catch (error) {
    if (error instanceof ByokError && error.retryable) index.expectLateKey();
    throw error;
  }
}
