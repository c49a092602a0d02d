import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

/** A wrapping key as a cloud makes one, with the private half that only the cloud has. */
export interface TestWrappingKey {
  readonly bits: number;
  readonly spki: Buffer;
  readonly privateKey: KeyObject;
}

export async function makeWrappingKey(bits: number): Promise<TestWrappingKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: bits });
  return { bits, spki: publicKey.export({ format: "der", type: "spki" }), privateKey };
}

/** RSA_2048, RSA_3072 and RSA_4096. */
export const makeWrappingKeys = (): Promise<TestWrappingKey[]> => Promise.all([2048, 3072, 4096].map(makeWrappingKey));
