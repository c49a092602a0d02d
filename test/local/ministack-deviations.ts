import {
  DescribeKeyCommand,
  EncryptCommand,
  ImportKeyMaterialCommand,
  ListKeyRotationsCommand,
  ListKeysCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  UpdatePrimaryRegionCommand,
} from "@aws-sdk/client-kms";
import { randomBytes } from "node:crypto";
import { type Target, createExternal, createKey, importMaterial, kmsClient, parametersFor } from "./kms-client";
import { wrapMaterial } from "./wrap-material";

export interface Deviation {
  /** What AWS does. */
  readonly what: string;
  readonly isAsAws: (target: Target) => Promise<boolean>;
}

function works(call: Promise<unknown>): Promise<boolean> {
  return call.then(
    () => true,
    () => false,
  );
}

const fails = async (call: Promise<unknown>): Promise<boolean> => !(await works(call));

/** What AWS does and ministack does not. A line that fails for ministack has been repaired there. */
export const deviations: readonly Deviation[] = [
  {
    what: "DescribeKey shows the account",
    isAsAws: async (target) => (await createKey(kmsClient(target))).AWSAccountId === "111122223333",
  },
  {
    what: "RotateKeyOnDemand rotates a key that AWS made",
    isAsAws: async (target) => {
      const kms = kmsClient(target);
      const key = await createKey(kms);
      return works(kms.send(new RotateKeyOnDemandCommand({ KeyId: key.KeyId })));
    },
  },
  {
    what: "ListKeyRotations lists the materials",
    isAsAws: async (target) => {
      const kms = kmsClient(target);
      const key = await createKey(kms);
      return works(kms.send(new ListKeyRotationsCommand({ KeyId: key.KeyId, IncludeKeyMaterial: "ALL_KEY_MATERIAL" })));
    },
  },
  {
    what: "ReEncrypt moves a ciphertext to another key",
    isAsAws: async (target) => {
      const kms = kmsClient(target);
      const [from, to] = [await createKey(kms), await createKey(kms)];
      const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: from.KeyId, Plaintext: Buffer.from("x") }));
      return works(kms.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: to.KeyId })));
    },
  },
  {
    what: "UpdatePrimaryRegion swaps primary and replica",
    isAsAws: async (target) => {
      const kms = kmsClient(target);
      const key = await createKey(kms, { MultiRegion: true });
      await kms.send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: "eu-west-1" }));
      return works(kms.send(new UpdatePrimaryRegionCommand({ KeyId: key.KeyId, PrimaryRegion: "eu-west-1" })));
    },
  },
  {
    what: "another material is refused on re-import",
    isAsAws: async (target) => {
      const kms = kmsClient(target);
      const key = await createExternal(kms);
      await importMaterial(kms, key.KeyId, randomBytes(32));
      return fails(importMaterial(kms, key.KeyId, randomBytes(32)));
    },
  },
  {
    what: "an older import token stays valid beside a newer one",
    isAsAws: async (target) => {
      const kms = kmsClient(target);
      const key = await createExternal(kms);
      const { token, publicKey } = await parametersFor(kms, key.KeyId);
      await parametersFor(kms, key.KeyId);
      return works(
        kms.send(
          new ImportKeyMaterialCommand({
            KeyId: key.KeyId,
            ImportToken: token,
            EncryptedKeyMaterial: wrapMaterial(publicKey, "RSAES_OAEP_SHA_256", randomBytes(32)),
            ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
          }),
        ),
      );
    },
  },
  {
    what: "a replica of an imported key waits for its own import",
    isAsAws: async (target) => {
      const kms = kmsClient(target);
      const key = await createExternal(kms, "SYMMETRIC_DEFAULT", { MultiRegion: true });
      await importMaterial(kms, key.KeyId, randomBytes(32));
      await kms.send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: "eu-west-1" }));
      const replica = await kmsClient(target, "eu-west-1").send(new DescribeKeyCommand({ KeyId: key.KeyId }));
      return replica.KeyMetadata?.KeyState === "PendingImport";
    },
  },
  {
    what: "a replica is Creating before anything else",
    isAsAws: async (target) => {
      const kms = kmsClient(target);
      const key = await createKey(kms, { MultiRegion: true });
      const made = await kms.send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: "eu-west-1" }));
      return made.ReplicaKeyMetadata?.KeyState === "Creating";
    },
  },
  {
    what: "a replica takes the material of its primary and no other",
    isAsAws: async (target) => {
      const kms = kmsClient(target);
      const key = await createExternal(kms, "SYMMETRIC_DEFAULT", { MultiRegion: true });
      await importMaterial(kms, key.KeyId, randomBytes(32));
      await kms.send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: "eu-west-1" }));
      return fails(importMaterial(kmsClient(target, "eu-west-1"), key.KeyId, randomBytes(32)));
    },
  },
  {
    what: "a primary waits until its replica is deleted, not only scheduled, and has no date until then",
    isAsAws: async (target) => {
      const kms = kmsClient(target);
      const key = await createKey(kms, { MultiRegion: true });
      await kms.send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: "eu-west-1" }));
      const schedule = { KeyId: key.KeyId, PendingWindowInDays: 7 };
      await kmsClient(target, "eu-west-1").send(new ScheduleKeyDeletionCommand(schedule));
      await kms.send(new ScheduleKeyDeletionCommand(schedule));
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: key.KeyId }));
      return KeyMetadata?.KeyState === "PendingReplicaDeletion" && KeyMetadata.DeletionDate === undefined;
    },
  },
  {
    what: "ListKeys goes on after its marker",
    isAsAws: async (target) => {
      const kms = kmsClient(target);
      await createKey(kms);
      await createKey(kms);
      const first = await kms.send(new ListKeysCommand({ Limit: 1 }));
      const second = await kms.send(new ListKeysCommand({ Limit: 1, Marker: first.NextMarker }));
      return first.NextMarker !== undefined && first.Keys?.[0]?.KeyId !== second.Keys?.[0]?.KeyId;
    },
  },
  {
    what: "a key that is pending deletion cannot be scheduled again",
    isAsAws: async (target) => {
      const kms = kmsClient(target);
      const key = await createKey(kms);
      await kms.send(new ScheduleKeyDeletionCommand({ KeyId: key.KeyId, PendingWindowInDays: 7 }));
      return fails(kms.send(new ScheduleKeyDeletionCommand({ KeyId: key.KeyId, PendingWindowInDays: 8 })));
    },
  },
];
