import { createPublicKey, diffieHellman } from "node:crypto";
import { AwsError, unsupported, validationError } from "../../aws-error";
import { keyArn } from "../../policy/authorize";
import type { KeyRecord } from "../../store/records";
import type { Call, Operation } from "../call";
import { algorithms } from "../key-metadata";
import { requireKey } from "../key-reference";
import { keySpecs } from "../key-specs";
import { requireState } from "../key-state";
import { type ToSign, checkSignature, hashOf, makeSignature } from "../../crypto/signatures";
import { currentPrivateKey, endDryRun, requireUsableKey } from "../use-key";

const signingAlgorithms = [
  "RSASSA_PSS_SHA_256",
  "RSASSA_PSS_SHA_384",
  "RSASSA_PSS_SHA_512",
  "RSASSA_PKCS1_V1_5_SHA_256",
  "RSASSA_PKCS1_V1_5_SHA_384",
  "RSASSA_PKCS1_V1_5_SHA_512",
  "ECDSA_SHA_256",
  "ECDSA_SHA_384",
  "ECDSA_SHA_512",
] as const;

const digestLength = { sha256: 32, sha384: 48, sha512: 64 } as const;

function prepare(call: Call): { key: KeyRecord; algorithm: string; message: ToSign } {
  const { input } = call;
  const algorithm = input.requiredText("SigningAlgorithm", { oneOf: signingAlgorithms });
  const type = input.text("MessageType", { oneOf: ["RAW", "DIGEST"] }) ?? "RAW";
  const bytes = input.requiredBlob("Message", { min: 1, max: 4096 });
  const key = requireUsableKey(call, input.keyReference(), {
    usage: "SIGN_VERIFY",
    context: { "kms:SigningAlgorithm": algorithm, "kms:MessageType": type },
  });
  if (!(keySpecs[key.spec].signing ?? []).includes(algorithm)) {
    throw new AwsError("InvalidKeyUsageException", `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`);
  }
  const isDigest = type === "DIGEST";
  if (isDigest && bytes.length !== digestLength[hashOf(algorithm)]) {
    throw validationError(`Digest is invalid length for algorithm ${algorithm}.`);
  }
  return { key, algorithm, message: { bytes, isDigest } };
}

export const sign: Operation = (call) => {
  const { key, algorithm, message } = prepare(call);
  endDryRun(call);
  const signature = makeSignature(currentPrivateKey(key), algorithm, message);
  return { KeyId: keyArn(key), Signature: signature.toString("base64"), SigningAlgorithm: algorithm };
};

export const verify: Operation = (call) => {
  const signature = call.input.requiredBlob("Signature", { min: 1, max: 6144 });
  const { key, algorithm, message } = prepare(call);
  endDryRun(call);
  if (!checkSignature(currentPrivateKey(key), algorithm, message, signature)) {
    throw new AwsError("KMSInvalidSignatureException");
  }
  return { KeyId: keyArn(key), SignatureValid: true, SigningAlgorithm: algorithm };
};

export const getPublicKey: Operation = (call) => {
  const key = requireKey(call, call.input.keyReference(), { aliases: true, crossAccount: true, view: call.view });
  const { family } = keySpecs[key.spec];
  if (family !== "rsa" && family !== "ec") throw unsupported(`${keyArn(key)} is not an asymmetric key.`);
  requireState(key, call.now, ["Enabled", "Updating"]);
  const publicKey = createPublicKey(currentPrivateKey(key)).export({ format: "der", type: "spki" });
  return {
    KeyId: keyArn(key),
    PublicKey: publicKey.toString("base64"),
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    KeyUsage: key.usage,
    ...algorithms(key),
  };
};

export const deriveSharedSecret: Operation = (call) => {
  const { input } = call;
  const algorithm = input.requiredText("KeyAgreementAlgorithm", { oneOf: ["ECDH"] });
  const peer = input.requiredBlob("PublicKey", { min: 1, max: 8192 });
  const key = requireUsableKey(call, input.keyReference(), {
    usage: "KEY_AGREEMENT",
    context: { "kms:KeyAgreementAlgorithm": algorithm },
  });
  endDryRun(call);
  return {
    KeyId: keyArn(key),
    SharedSecret: agree(key, peer).toString("base64"),
    KeyAgreementAlgorithm: algorithm,
    KeyOrigin: key.origin,
  };
};

function agree(key: KeyRecord, peer: Buffer): Buffer {
  try {
    const publicKey = createPublicKey({ key: peer, format: "der", type: "spki" });
    return diffieHellman({ privateKey: currentPrivateKey(key), publicKey });
  } catch {
    // Recorded from the service: a public key that does not fit is an empty ValidationException.
    throw validationError("");
  }
}
