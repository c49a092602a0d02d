import { ByokError } from "../model/errors";
import type { KmsPort } from "../model/ports/kms";
import type { AwsCaller } from "./aws-caller";
import { describeKey } from "./read-key";

const isTaken = (error: unknown): boolean => error instanceof ByokError && error.code === "BYOK_AWS_ALREADY_EXISTS";

/**
 * Replicas of a multi-Region key, and which of its keys is the primary.
 *
 * @param policyToSend - the policy that ReplicateKey takes along; the default one, and one that other credentials set, comes without it
 */
export const replicaMethods = (
  caller: AwsCaller,
  on: (keyId: string) => Promise<{ readonly isNew: () => boolean }>,
  policyToSend: (policy: string | undefined) => Promise<{ readonly Policy?: string }>,
): Pick<KmsPort, "replicateKey" | "expectKey" | "updatePrimaryRegion"> => ({
  replicateKey: async (request) => {
    try {
      const { ReplicaKeyMetadata } = await caller.call(
        "ReplicateKey",
        {
          KeyId: request.keyId,
          ReplicaRegion: request.region,
          Description: request.description,
          Tags: Object.entries(request.tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
          ...(await policyToSend(request.policy)),
        },
        // There is one replica a Region at most, so that doing it twice makes no second one.
        await on(request.keyId),
      );
      return ReplicaKeyMetadata === undefined ? "found" : "made";
    } catch (error) {
      if (!isTaken(error)) throw error;
      return "found";
    }
  },
  expectKey: async (keyId) => {
    const { recent } = await caller.memory();
    recent.noteCreated(keyId);
  },
  updatePrimaryRegion: async (keyId, region) => {
    await caller.call(
      "UpdatePrimaryRegion",
      { KeyId: keyId, PrimaryRegion: region },
      {
        ...(await on(keyId)),
        // After a lost answer the key is a replica by now, or Updating, and refuses to be asked again.
        settle: async () => {
          const key = await describeKey(caller, keyId);
          return key?.primaryRegion === region || key?.state === "Updating" ? {} : undefined;
        },
      },
    );
  },
});
