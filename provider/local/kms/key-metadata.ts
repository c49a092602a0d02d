import { keyArn } from "../policy/authorize";
import type { KeyRecord } from "../store/records";
import { currentMaterial, keyState, permanentMaterials } from "./key-state";
import { keySpecs } from "./key-specs";

type Metadata = Readonly<Record<string, unknown>>;

/** KeyMetadata of the API reference; members that do not apply are absent, as recorded from the service. */
export function keyMetadata(key: KeyRecord, now: number): Metadata {
  const state = keyState(key, now);
  return {
    AWSAccountId: key.account,
    KeyId: key.keyId,
    Arn: keyArn(key),
    CreationDate: seconds(key.createdAt),
    Enabled: state === "Enabled",
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: state,
    ...deletion(key),
    ...expiration(key),
    Origin: key.origin,
    KeyManager: "CUSTOMER",
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    ...algorithms(key),
    MultiRegion: key.multiRegion !== null,
    ...multiRegion(key),
    ...materialId(key, state === "Creating"),
  };
}

/** Timestamps travel as seconds with a fraction. */
export function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}

/** The algorithms that the key's usage opens. */
export function algorithms(key: KeyRecord): Metadata {
  const spec = keySpecs[key.spec];
  switch (key.usage) {
    case "ENCRYPT_DECRYPT":
      return { EncryptionAlgorithms: spec.encryption };
    case "SIGN_VERIFY":
      return { SigningAlgorithms: spec.signing };
    case "GENERATE_VERIFY_MAC":
      return { MacAlgorithms: [spec.mac] };
    case "KEY_AGREEMENT":
      return { KeyAgreementAlgorithms: ["ECDH"] };
  }
}

function deletion(key: KeyRecord): Metadata {
  if (key.deletion === null) return {};
  return key.deletion.at === null
    ? { PendingDeletionWindowInDays: key.deletion.windowInDays }
    : { DeletionDate: seconds(key.deletion.at) };
}

function expiration(key: KeyRecord): Metadata {
  if (key.origin !== "EXTERNAL" || (currentMaterial(key)?.bytes ?? null) === null) return {};
  const dates = permanentMaterials(key).flatMap((material) =>
    material.expiresAt === null ? [] : [material.expiresAt],
  );
  if (dates.length === 0) return { ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" };
  return { ExpirationModel: "KEY_MATERIAL_EXPIRES", ValidTo: seconds(Math.min(...dates)) };
}

function multiRegion(key: KeyRecord): Metadata {
  if (key.multiRegion === null) return {};
  const { primaryRegion, replicaRegions } = key.multiRegion;
  const member = (region: string): Metadata => ({ Arn: keyArn({ ...key, region }), Region: region });
  return {
    MultiRegionConfiguration: {
      MultiRegionKeyType: primaryRegion === key.region ? "PRIMARY" : "REPLICA",
      PrimaryKey: member(primaryRegion),
      ReplicaKeys: replicaRegions.map(member),
    },
  };
}

/** Only symmetric encryption keys show the id of their current material, and no replica that is still being made. */
function materialId(key: KeyRecord, creating: boolean): Metadata {
  const current = currentMaterial(key);
  return current === undefined || creating || key.spec !== "SYMMETRIC_DEFAULT"
    ? {}
    : { CurrentKeyMaterialId: current.id };
}
