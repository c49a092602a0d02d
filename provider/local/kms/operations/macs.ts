import { createHmac, timingSafeEqual } from "node:crypto";
import { AwsError } from "../../aws-error";
import { keyArn } from "../../policy/authorize";
import type { KeyRecord } from "../../store/records";
import type { Call, Operation } from "../call";
import { keySpecs } from "../key-specs";
import { currentBytes, endDryRun, requireUsableKey } from "../use-key";

/** In the order in which the service lists them. */
const macAlgorithms = ["HMAC_SHA_384", "HMAC_SHA_256", "HMAC_SHA_224", "HMAC_SHA_512"] as const;

function prepare(call: Call): { key: KeyRecord; algorithm: string; mac: Buffer } {
  const algorithm = call.input.requiredText("MacAlgorithm", { oneOf: macAlgorithms });
  const message = call.input.requiredBlob("Message", { min: 1, max: 4096 });
  const key = requireUsableKey(call, call.input.keyReference(), {
    usage: "GENERATE_VERIFY_MAC",
    context: { "kms:MacAlgorithm": algorithm },
  });
  if (keySpecs[key.spec].mac !== algorithm) {
    throw new AwsError("InvalidKeyUsageException", `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`);
  }
  const mac = createHmac(algorithm.replace("HMAC_SHA_", "sha"), currentBytes(key)).update(message).digest();
  return { key, algorithm, mac };
}

export const generateMac: Operation = (call) => {
  const { key, algorithm, mac } = prepare(call);
  endDryRun(call);
  return { Mac: mac.toString("base64"), MacAlgorithm: algorithm, KeyId: keyArn(key) };
};

export const verifyMac: Operation = (call) => {
  const given = call.input.requiredBlob("Mac", { min: 1, max: 6144 });
  const { key, algorithm, mac } = prepare(call);
  endDryRun(call);
  if (given.length !== mac.length || !timingSafeEqual(given, mac)) throw new AwsError("KMSInvalidMacException");
  return { KeyId: keyArn(key), MacValid: true, MacAlgorithm: algorithm };
};
