import { randomBytes } from "node:crypto";
import { validationError } from "../../aws-error";
import { authorizeIdentity, keyArn } from "../../policy/authorize";
import type { Answer, Call, Operation } from "../call";
import { encryptSymmetric } from "../ciphertext";
import { encryptionContextKeys, endDryRun, requireUsableKey } from "../use-key";
import { keySpecs } from "../key-specs";
import { AwsError } from "../../aws-error";

function makeDataKey(call: Call): { plaintext: Buffer; answer: Answer } {
  const { input } = call;
  const spec = input.text("KeySpec", { oneOf: ["AES_256", "AES_128"] });
  const count = input.whole("NumberOfBytes", { min: 1, max: 1024 });
  if ((spec === undefined) === (count === undefined)) {
    throw validationError("Please specify either number of bytes or key spec.");
  }
  const context = input.map("EncryptionContext") ?? {};
  const key = requireUsableKey(call, input.keyReference(), {
    usage: "ENCRYPT_DECRYPT",
    context: encryptionContextKeys(context),
  });
  if (keySpecs[key.spec].family !== "symmetric") {
    throw new AwsError(
      "InvalidKeyUsageException",
      `${keyArn(key)} key spec is ${key.spec} which is not valid for ${call.operation}.`,
    );
  }
  endDryRun(call);
  const plaintext = randomBytes(count ?? (spec === "AES_128" ? 16 : 32));
  const { blob, materialId } = encryptSymmetric(key, plaintext, context);
  return {
    plaintext,
    answer: { KeyId: keyArn(key), CiphertextBlob: blob.toString("base64"), KeyMaterialId: materialId },
  };
}

export const generateDataKey: Operation = (call) => {
  const { plaintext, answer } = makeDataKey(call);
  return { ...answer, Plaintext: plaintext.toString("base64") };
};

export const generateDataKeyWithoutPlaintext: Operation = (call) => makeDataKey(call).answer;

export const generateRandom: Operation = (call) => {
  if (call.input.has("CustomKeyStoreId")) throw new AwsError("CustomKeyStoreNotFoundException");
  const count = call.input.whole("NumberOfBytes", { min: 1, max: 1024 });
  if (count === undefined) throw validationError("NumberOfBytes is required.");
  authorizeIdentity(call, "kms:GenerateRandom", "*");
  return { Plaintext: randomBytes(count).toString("base64") };
};
