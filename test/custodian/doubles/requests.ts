import type { ImportRequest } from "../../../provider/model/ports/custodian";
import { keySpecFacts, type KeySpec } from "../../../provider/model/key-spec";
import { account, region } from "./fake-kms";

export const owner = "0023456789abcdef0123456789abcdef";
/** As {@link owner}, of a key made in a lab. */
export const labOwner = "1a23456789abcdef0123456789abcdef";

/** An import of version 1 that a correct provider would ask for. */
export function importRequest(keyArn: string, spec: KeySpec, changes: Partial<ImportRequest> = {}): ImportRequest {
  const { family } = keySpecFacts[spec];
  return {
    owner,
    version: 1,
    spec,
    rules: { allowedTargets: [{ aws: { account, regions: [region] } }], lab: false, minOaepHash: "sha256" },
    target: { connection: { region, account }, keyArn, configValues: {} },
    wrappingAlgorithm: family === "aes" || family === "hmac" ? "RSAES_OAEP_SHA_256" : "RSA_AES_KEY_WRAP_SHA_256",
    wrappingKeySpec: "RSA_2048",
    existing: false,
    copyName: "orders-copy",
    ...changes,
  };
}
