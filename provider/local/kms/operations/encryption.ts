import { constants, createPublicKey, privateDecrypt, publicEncrypt } from "node:crypto";
import { AwsError, accessDenied, invalidCiphertext, validationError } from "../../aws-error";
import { keyArn } from "../../policy/authorize";
import type { KeyRecord } from "../../store/records";
import type { Call, Operation } from "../call";
import { type EncryptionContext, decryptSymmetric, encryptSymmetric, readHeader } from "../ciphertext";
import { requireKey } from "../key-reference";
import { keySpecs } from "../key-specs";
import { currentPrivateKey, encryptionContextKeys, endDryRun, requireUsableKey } from "../use-key";

const algorithmNames = ["SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"] as const;
type Algorithm = (typeof algorithmNames)[number];

function readAlgorithm(call: Call, name: string): Algorithm {
  return call.input.text(name, { oneOf: algorithmNames }) ?? "SYMMETRIC_DEFAULT";
}

function requireAlgorithm(key: KeyRecord, algorithm: Algorithm): void {
  if (!(keySpecs[key.spec].encryption ?? []).includes(algorithm)) {
    throw new AwsError("InvalidKeyUsageException", `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`);
  }
}

interface Sealed {
  readonly blob: Buffer;
  readonly materialId?: string;
}

function sealUnder(key: KeyRecord, algorithm: Algorithm, plaintext: Buffer, context: EncryptionContext): Sealed {
  requireAlgorithm(key, algorithm);
  if (algorithm === "SYMMETRIC_DEFAULT") return encryptSymmetric(key, plaintext, context);
  if (Object.keys(context).length > 0) throw validationError("EncryptionContext is not supported for asymmetric keys.");
  const oaepHash = algorithm.endsWith("SHA_1") ? "sha1" : "sha256";
  // RFC 8017 section 7.1.1: two digests and two bytes are OAEP's own.
  const room = keySpecs[key.spec].size / 8 - 2 * (oaepHash === "sha1" ? 20 : 32) - 2;
  if (plaintext.length > room) {
    throw validationError(
      `Algorithm ${algorithm} and key spec ${key.spec} cannot encrypt data larger than ${String(room)} bytes.`,
    );
  }
  const publicKey = createPublicKey(currentPrivateKey(key));
  return { blob: publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, plaintext) };
}

interface Opened {
  readonly key: KeyRecord;
  readonly plaintext: Buffer;
  readonly materialId?: string;
}

interface OpenRequest {
  readonly blob: Buffer;
  readonly algorithm: Algorithm;
  readonly reference: string | undefined;
  readonly context: EncryptionContext;
  readonly action: string;
}

function open(call: Call, { blob, algorithm, reference, context, action }: OpenRequest): Opened {
  const use = {
    usage: "ENCRYPT_DECRYPT",
    action,
    context: { "kms:EncryptionAlgorithm": algorithm, ...encryptionContextKeys(context) },
  } as const;
  if (algorithm === "SYMMETRIC_DEFAULT") return openSymmetric(call, blob, reference, context, use);
  if (reference === undefined) throw validationError("KeyId is required for asymmetric decryption.");
  const key = requireUsableKey(call, reference, use);
  requireAlgorithm(key, algorithm);
  const oaepHash = algorithm.endsWith("SHA_1") ? "sha1" : "sha256";
  try {
    const plaintext = privateDecrypt(
      { key: currentPrivateKey(key), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash },
      blob,
    );
    return { key, plaintext };
  } catch {
    throw invalidCiphertext();
  }
}

function openSymmetric(
  call: Call,
  blob: Buffer,
  reference: string | undefined,
  context: EncryptionContext,
  use: Parameters<typeof requireUsableKey>[2],
): Opened {
  const header = readHeader(blob);
  if (reference !== undefined) {
    // Recorded from the service: a key that did not encrypt this is this error, whatever its usage.
    const named = requireKey(call, reference, { aliases: true, crossAccount: true, askKeyPolicy: false });
    if (named.keyId !== header.keyId || named.account !== header.account) {
      throw new AwsError(
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
      );
    }
  }
  const arn = `arn:aws:kms:${call.region}:${header.account}:key/${header.keyId}`;
  if (call.cloud.store.key(header.account, call.region, header.keyId) === undefined) {
    throw accessDenied(
      "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
    );
  }
  const key = requireUsableKey(call, arn, use);
  const plaintext = decryptSymmetric(key, header, context);
  return { key, plaintext, materialId: header.materialId };
}

export const encrypt: Operation = (call) => {
  const plaintext = call.input.requiredBlob("Plaintext", { min: 1, max: 4096 });
  const algorithm = readAlgorithm(call, "EncryptionAlgorithm");
  const context = call.input.map("EncryptionContext") ?? {};
  const key = requireUsableKey(call, call.input.keyReference(), {
    usage: "ENCRYPT_DECRYPT",
    context: { "kms:EncryptionAlgorithm": algorithm, ...encryptionContextKeys(context) },
  });
  requireAlgorithm(key, algorithm);
  endDryRun(call);
  const { blob } = sealUnder(key, algorithm, plaintext, context);
  return { CiphertextBlob: blob.toString("base64"), KeyId: keyArn(key), EncryptionAlgorithm: algorithm };
};

export const decrypt: Operation = (call) => {
  const algorithm = readAlgorithm(call, "EncryptionAlgorithm");
  const { key, plaintext, materialId } = open(call, {
    blob: call.input.requiredBlob("CiphertextBlob", { min: 1, max: 6144 }),
    algorithm,
    reference: call.input.text("KeyId", { min: 1, max: 2048 }),
    context: call.input.map("EncryptionContext") ?? {},
    action: "kms:Decrypt",
  });
  endDryRun(call);
  return {
    KeyId: keyArn(key),
    Plaintext: plaintext.toString("base64"),
    EncryptionAlgorithm: algorithm,
    ...(materialId === undefined ? {} : { KeyMaterialId: materialId }),
  };
};

export const reEncrypt: Operation = (call) => {
  const { input } = call;
  const from = readAlgorithm(call, "SourceEncryptionAlgorithm");
  const to = readAlgorithm(call, "DestinationEncryptionAlgorithm");
  const source = open(call, {
    blob: input.requiredBlob("CiphertextBlob", { min: 1, max: 6144 }),
    algorithm: from,
    reference: input.text("SourceKeyId", { min: 1, max: 2048 }),
    context: input.map("SourceEncryptionContext") ?? {},
    action: "kms:ReEncryptFrom",
  });
  const context = input.map("DestinationEncryptionContext") ?? {};
  const destination = requireUsableKey(call, input.keyReference("DestinationKeyId"), {
    usage: "ENCRYPT_DECRYPT",
    action: "kms:ReEncryptTo",
    context: { "kms:EncryptionAlgorithm": to, ...encryptionContextKeys(context) },
  });
  endDryRun(call);
  const sealed = sealUnder(destination, to, source.plaintext, context);
  return {
    CiphertextBlob: sealed.blob.toString("base64"),
    SourceKeyId: keyArn(source.key),
    KeyId: keyArn(destination),
    SourceEncryptionAlgorithm: from,
    DestinationEncryptionAlgorithm: to,
    ...(source.materialId === undefined ? {} : { SourceKeyMaterialId: source.materialId }),
    ...(sealed.materialId === undefined ? {} : { DestinationKeyMaterialId: sealed.materialId }),
  };
};
