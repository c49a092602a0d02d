import { invalidState, notFound, unsupported, validationError } from "../../aws-error";
import { keyArn } from "../../policy/authorize";
import type { Change } from "../../store/store";
import { type KeyRecord, addressOf } from "../../store/records";
import { associate } from "../associate-material";
import type { Call, Operation } from "../call";
import { isPrimary } from "../due-events";
import { seconds } from "../key-metadata";
import { requireKey } from "../key-reference";
import { checkWrapping, keySpecs, wrappingAlgorithms, wrappingKeySpecs } from "../key-specs";
import { currentMaterial, requireState } from "../key-state";
import { incorrectMaterial, parsePrivateKey } from "../private-key";
import { unwrapMaterial } from "../unwrap";

const day = 86_400_000;
const states = ["Enabled", "Disabled", "PendingImport"] as const;

function requireExternal(call: Call, context: Record<string, string | undefined> = {}): KeyRecord {
  const key = requireKey(call, call.input.keyReference(), { context });
  if (key.origin !== "EXTERNAL")
    throw unsupported(`${keyArn(key)} origin is ${key.origin} which is not valid for this operation.`);
  return key;
}

export const getParametersForImport: Operation = async (call) => {
  const algorithm = call.input.requiredText("WrappingAlgorithm", {
    oneOf: [...wrappingAlgorithms, "RSAES_PKCS1_V1_5", "SM2PKE"],
  });
  const wrappingKeySpec = call.input.requiredText("WrappingKeySpec", { oneOf: [...wrappingKeySpecs, "SM2"] });
  const key = requireExternal(call, { "kms:WrappingAlgorithm": algorithm, "kms:WrappingKeySpec": wrappingKeySpec });
  requireState(key, call.now, states);
  // RSAES_PKCS1_V1_5 is still in the API model and refused since October 2023; SM2 exists in China only.
  if (algorithm === "RSAES_PKCS1_V1_5" || algorithm === "SM2PKE" || wrappingKeySpec === "SM2") {
    throw unsupported(`Wrapping algorithm ${algorithm} is not supported.`);
  }
  checkWrapping(key.spec, algorithm, wrappingKeySpec);
  const wrappingKey = await call.cloud.wrappingKeys.take(wrappingKeySpec);
  const validTo = call.now + day;
  const token = call.cloud.importTokens.seal({
    keyArn: keyArn(key),
    wrappingKeyId: wrappingKey.id,
    algorithm,
    validTo,
  });
  return {
    KeyId: keyArn(key),
    ImportToken: token.toString("base64"),
    PublicKey: wrappingKey.publicKey.toString("base64"),
    ParametersValidTo: seconds(validTo),
  };
};

/** ExpirationModel and ValidTo: null for material that stays. */
function readExpiry(call: Call): number | null {
  const model = call.input.text("ExpirationModel", { oneOf: ["KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"] });
  const validTo = call.input.time("ValidTo");
  if (model === "KEY_MATERIAL_DOES_NOT_EXPIRE") {
    if (validTo === undefined) return null;
    throw validationError("A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE");
  }
  if (validTo === undefined)
    throw validationError("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES");
  if (validTo <= call.now) throw validationError("ValidTo must be a date in the future.");
  if (validTo > call.now + 365 * day) throw validationError("ValidTo must be at most 365 days from now.");
  return validTo;
}

export const importKeyMaterial: Operation = (call) => {
  const { input, now, cloud } = call;
  const token = input.requiredBlob("ImportToken", { min: 1, max: 6144 });
  const blob = input.requiredBlob("EncryptedKeyMaterial", { min: 1, max: 6144 });
  const expiresAt = readExpiry(call);
  const asked = {
    type: input.text("ImportType", { oneOf: ["NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"] }),
    description: input.text("KeyMaterialDescription", { max: 256 }),
    materialId: input.text("KeyMaterialId", { min: 64, max: 64, pattern: /^[a-f0-9]+$/ }),
  };
  const key = requireExternal(call, {
    "kms:ExpirationModel": expiresAt === null ? "KEY_MATERIAL_DOES_NOT_EXPIRE" : "KEY_MATERIAL_EXPIRES",
    "kms:ValidTo": expiresAt === null ? undefined : String(seconds(expiresAt)),
  });
  requireState(key, now, states);
  if (key.spec !== "SYMMETRIC_DEFAULT" && Object.values(asked).some((value) => value !== undefined)) {
    throw unsupported("ImportType, KeyMaterialDescription and KeyMaterialId are for symmetric encryption keys only.");
  }
  if (asked.type === "NEW_KEY_MATERIAL" && asked.materialId !== undefined) {
    throw validationError("KeyMaterialId cannot be specified when ImportType is NEW_KEY_MATERIAL");
  }
  const content = cloud.importTokens.open(token, keyArn(key), now);
  const material = openMaterial(call, key, blob, content);
  const { key: imported, materialId } = associate(call, key, { ...material, ...asked, expiresAt });
  cloud.store.put(imported);
  return { KeyId: keyArn(key), KeyMaterialId: materialId };
};

function openMaterial(
  call: Call,
  key: KeyRecord,
  blob: Buffer,
  token: { wrappingKeyId: string; algorithm: (typeof wrappingAlgorithms)[number] },
): { bytes: Buffer; trailingZeroBytes: number } {
  const wrappingKey = call.cloud.wrappingKeys.find(token.wrappingKeyId);
  if (wrappingKey === undefined) throw invalidState("The wrapping key of this import token is gone.");
  const bytes = unwrapMaterial(blob, token.algorithm, wrappingKey.privateKey);
  const spec = keySpecs[key.spec];
  if (spec.family === "rsa" || spec.family === "ec") {
    const { der, trailingZeroBytes } = parsePrivateKey(bytes, key.spec, call.cloud.settings.strictDer);
    return { bytes: der, trailingZeroBytes };
  }
  if (bytes.length !== spec.size) throw incorrectMaterial(`The key material must be ${String(spec.size)} bytes long.`);
  return { bytes, trailingZeroBytes: 0 };
}

export const deleteImportedKeyMaterial: Operation = (call) => {
  const asked = call.input.text("KeyMaterialId", { min: 64, max: 64, pattern: /^[a-f0-9]+$/ });
  const key = requireExternal(call);
  requireState(key, call.now, ["Enabled", "Disabled", "PendingImport", "PendingDeletion", "PendingReplicaDeletion"]);
  const target = asked === undefined ? currentMaterial(key) : key.materials.find((material) => material.id === asked);
  if (target === undefined && asked !== undefined)
    throw notFound(`Key material ${asked} is not associated with ${keyArn(key)}.`);
  if (target === undefined) return { KeyId: keyArn(key) };
  call.cloud.store.commit(removal(call, key, target.id));
  return { KeyId: keyArn(key), KeyMaterialId: target.id };
};

/** Material that only waits for a rotation is forgotten, in a primary together with that of its replicas. */
function removal(call: Call, key: KeyRecord, materialId: string): Change[] {
  const forgets =
    isPrimary(key) && key.materials.some((material) => material.id === materialId && material.role === "PENDING");
  const affected = forgets ? call.cloud.store.relatives(key) : [key];
  return affected.map((member) => {
    const materials = forgets
      ? member.materials.filter((material) => material.id !== materialId)
      : member.materials.map((material) =>
          material.id === materialId ? { ...material, bytes: null, expiresAt: null } : material,
        );
    return { address: addressOf(member), record: { ...member, materials } };
  });
}
