import type { AwsConnection } from "../model/aws-connection";
import { ByokError } from "../model/errors";
import type { CreateKeyRequest, KmsKeyFacts, KmsPort } from "../model/ports/kms";
import { AwsCaller } from "./aws-caller";
import { surroundingsOf, type AwsDeps } from "./aws-deps";
import type { RegionMemory } from "./aws-shared";
import { materialsOf, rotateOnDemand } from "./key-materials";
import { deletionMethods } from "./kms-deletion";
import { keyFacts } from "./key-facts";
import { grantsOn, tagsOf } from "./kms-lists";
import { ownedKeys } from "./owned-keys";
import { processShared } from "./process-shared";
import { aliasTarget, listAliases } from "./read-aliases";
import { describeKey, isNotFound } from "./read-key";

const THE_POLICY = "default";

/**
 * Opens AWS KMS for a lifecycle. Nothing is loaded, read or connected before the first call; ports of equal connections share
 * clients, and all ports of a process share the pacing of an account.
 */
export const openKms = (connection: AwsConnection, deps: AwsDeps): KmsPort =>
  kmsPort(new AwsCaller(connection, surroundingsOf(deps), processShared));

/** The port over a caller of one's own. */
export function kmsPort(caller: AwsCaller): KmsPort {
  const memory = (): Promise<RegionMemory> => caller.memory();
  /** Options for a call on a key that may have been created a moment ago. */
  const on = async (keyId: string): Promise<{ readonly isNew: () => boolean }> => {
    const { recent } = await memory();
    return { isNew: () => recent.isNew(keyId) };
  };
  return {
    callerIdentity: () => caller.checkedIdentity(),
    createKey: (request) => createKey(caller, request),
    describeKey: async (keyId) => describeKey(caller, keyId, await on(keyId)),
    listAliases: async (keyId) => listAliases(caller, (await memory()).recent, keyId),
    aliasTarget: async (alias) => aliasTarget(caller, (await memory()).recent, alias, 1),
    listTags: async (keyId) => tagsOf(caller, keyId, await on(keyId)),
    getPolicy: async (keyId) => {
      const { Policy } = await caller.call("GetKeyPolicy", { KeyId: keyId, PolicyName: THE_POLICY }, await on(keyId));
      if (Policy !== undefined) return Policy;
      throw new ByokError("BYOK_AWS_FAILED", "kms:GetKeyPolicy answered without a policy.", { hint: "Try again." });
    },
    listGrants: async (keyId) => grantsOn(caller, keyId, await on(keyId)),
    listMaterials: async (keyId) => materialsOf(caller, keyId, await on(keyId)),
    deleteMaterial: async (keyId, keyMaterialId) => {
      await caller.call(
        "DeleteImportedKeyMaterial",
        { KeyId: keyId, ...(keyMaterialId === undefined ? {} : { KeyMaterialId: keyMaterialId }) },
        await on(keyId),
      );
    },
    rotateOnDemand: (keyId) => rotateOnDemand(caller, keyId),
    findByOwner: (owner) => ownedKeys(caller, owner),
    putPolicy: async (keyId, policy) => {
      await caller.call("PutKeyPolicy", { KeyId: keyId, PolicyName: THE_POLICY, Policy: policy }, await on(keyId));
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
        await caller.call(
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
    ...deletionMethods(caller, on),
  };
}

async function createKey(caller: AwsCaller, request: CreateKeyRequest): Promise<KmsKeyFacts> {
  const { index, recent } = await caller.memory();
  try {
    const { KeyMetadata } = await caller.call(
      "CreateKey",
      {
        Origin: "EXTERNAL",
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
