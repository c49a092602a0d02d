import { createHash, generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { KeyRecord, KeySpecName, MaterialRecord } from "../store/records";
import { keySpecs } from "./key-specs";

const generate = promisify(generateKeyPair);

/**
 * The id of key material: 64 hex digits that follow from the KMS key and the material, so that the same material has the
 * same id at every import, also in a replica, and says nothing in another key.
 */
export function materialId(key: Pick<KeyRecord, "account" | "keyId">, bytes: Buffer): string {
  return createHash("sha256").update(`key material id\0${key.account}\0${key.keyId}\0`).update(bytes).digest("hex");
}

/** A material record without a history. */
export function newMaterial(id: string, role: MaterialRecord["role"], bytes: Buffer): MaterialRecord {
  return {
    id,
    role,
    bytes: bytes.toString("base64"),
    expiresAt: null,
    description: null,
    rotatedAt: null,
    rotationType: null,
    trailingZeroBytes: 0,
  };
}

/** Material that the service makes itself, for keys of origin AWS_KMS. */
export async function generateMaterial(specName: KeySpecName): Promise<Buffer> {
  const spec = keySpecs[specName];
  switch (spec.family) {
    case "symmetric":
    case "hmac":
      return randomBytes(spec.size);
    case "rsa": {
      const { privateKey } = await generate("rsa", { modulusLength: spec.size });
      return privateKey.export({ format: "der", type: "pkcs8" });
    }
    case "ec": {
      const { privateKey } = await generate("ec", { namedCurve: spec.curve ?? "" });
      return privateKey.export({ format: "der", type: "pkcs8" });
    }
  }
}
