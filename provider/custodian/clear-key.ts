import {
  constants,
  createDecipheriv,
  createPrivateKey,
  generateKeyPair,
  privateDecrypt,
  type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";
import { azureKeyTypeOf } from "../model/azure-key-type";
import { ByokError } from "../model/errors";
import type { ClearPrivateKey } from "../model/ports/key-vault";
import type { Material } from "./material";

const BITS = 3072;
/** RFC 5649 §3: the alternative initial value. */
const AIV = Buffer.from("a65959a6", "hex");

/**
 * Takes a private key out of the token: it is wrapped there as for an import, under a key that lives in this process as long as the call, so that no key of the
 * token has to be readable. What is wiped afterwards are the bytes; Node hands the numbers of a key out as texts as well, which is why the process ends too.
 *
 * @throws ByokError BYOK_KEY_*, BYOK_TOKEN_*
 */
export async function withClearKey<T>(material: Material, work: (key: ClearPrivateKey) => Promise<T>): Promise<T> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: BITS });
  const spki = publicKey.export({ format: "der", type: "spki" });
  const secrets: Buffer[] = [];
  try {
    const blob = await material.wrap(spki, "RSA_AES_KEY_WRAP_SHA_1");
    const pkcs8 = unwrapped(privateKey, blob, secrets);
    const key = partsOf(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }), material, secrets);
    return await work(key);
  } finally {
    for (const secret of secrets) secret.fill(0);
  }
}

function unwrapped(privateKey: KeyObject, blob: Buffer, secrets: Buffer[]): Buffer {
  const head = blob.subarray(0, BITS / 8);
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const ephemeral = privateDecrypt({ key: privateKey, padding, oaepHash: "sha1" }, head);
  secrets.push(ephemeral);
  const decipher = createDecipheriv("id-aes256-wrap-pad", ephemeral, AIV);
  const padded = Buffer.concat([decipher.update(blob.subarray(head.length)), decipher.final()]);
  secrets.push(padded);
  return padded.subarray(0, derLength(padded));
}

/** Some tokens pad what they wrap with zero bytes: the encoding says itself how long it is (X.690 §8.1.3). */
function derLength(der: Buffer): number {
  const first = der[1] ?? 0;
  if (first < 0x80) return 2 + first;
  const octets = first & 0x7f;
  return 2 + octets + der.readUIntBE(2, octets);
}

function partsOf(key: KeyObject, { spec, words }: Material, secrets: Buffer[]): ClearPrivateKey {
  const jwk = key.export({ format: "jwk" });
  const part = (name: "n" | "e" | "d" | "p" | "q" | "dp" | "dq" | "qi" | "x" | "y"): Buffer => {
    const bytes = Buffer.from(jwk[name] ?? "", "base64url");
    secrets.push(bytes);
    return bytes;
  };
  const facts = azureKeyTypeOf(spec);
  if (facts?.kty === "RSA") {
    const primes = { p: part("p"), q: part("q"), dp: part("dp"), dq: part("dq"), qi: part("qi") };
    return { kty: "RSA", n: part("n"), e: part("e"), d: part("d"), ...primes };
  }
  if (facts?.kty === "EC" && facts.curve !== undefined)
    return { kty: "EC", crv: facts.curve, x: part("x"), y: part("y"), d: part("d") };
  throw new ByokError("BYOK_CLEAR_EXPORT_REFUSED", `No vault holds ${spec} keys in software, so ${words} stays here.`);
}
