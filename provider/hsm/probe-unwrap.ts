import {
  createCipheriv,
  createHash,
  createPublicKey,
  constants,
  generateKeyPair,
  publicEncrypt,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";
import { hashOfFileWrap, type FileWrap } from "../model/file-wrap";
import { isAsymmetric, keySpecFacts, type KeySpec } from "../model/key-spec";
import type { UnwrapQuestion } from "../model/ports/custodian";
import type { ForeignMaterial } from "../model/ports/token";
import { readAttribute, readerOf, readFlag, template } from "./attributes";
import type { Handle, Session } from "./cryptoki";
import { fingerprintDomains } from "./fingerprint-domains";
import { fingerprintKey } from "./fingerprint-key";
import { takeIn } from "./foreign-key";
import { curves, isCurve, readSpec } from "./key-spec-forms";
import { CKK, CKM, CKO } from "./pkcs11-constants";
import { ProbeBench } from "./probe-bench";
import { ckrName, ckrOf } from "./return-codes";
import type { TokenFindings } from "./token-findings";

const alternativeInitialValue = Buffer.from("a65959a6", "hex");
const initialValue = Buffer.alloc(8, 0xa6);

/**
 * Why the token cannot take in material of a type that is encrypted in a way, or undefined where it can: throw-away material is made and wrapped outside,
 * under a throw-away key of the token, taken in, and its fingerprint compared. A mechanism that is listed says little: SoftHSM 2.6.1 knows OAEP with
 * SHA-1 only, and NSS unwraps no EC key.
 */
export async function probeUnwrap(
  session: Session,
  findings: TokenFindings,
  { spec, wrap, kept }: UnwrapQuestion,
): Promise<string | undefined> {
  session.retire();
  const bench = await ProbeBench.open(session);
  try {
    const material = await throwAway(spec);
    const { kek, wrapped } = await wrapOutside(bench, findings, wrap, material.bytes);
    const foreign: ForeignMaterial = { spec: material.spec, wrapped, kek: "", wrap };
    const place = { token: false, id: randomBytes(16), label: "" };
    const objects = await takeIn(session, foreign, kek, findings.keyWrapMechanism, place);
    bench.keep(objects.key);
    if (objects.publicKey !== undefined) bench.keep(objects.publicKey);
    const found = await fingerprintKey(session, { id: "", ...objects }, material.spec, findings.abilities.fingerprint);
    if (found.method !== "mac" && found.value !== material.fingerprint) {
      return "it unwraps to something else than what was wrapped";
    }
    if (kept && readSpec(readerOf(session, objects.key)) !== material.spec) {
      return "it does not tell the length of a key that it unwrapped (CKA_VALUE_LEN), so a kept one could not be found again";
    }
    if (
      kept &&
      (["DECRYPT", "UNWRAP", "DERIVE"] as const).some((use) => readFlag(session, objects.key, use) === true)
    ) {
      return "it permits more uses of a key that it unwrapped than it is told to, so none is kept there";
    }
    return undefined;
  } catch (thrown) {
    const code = ckrOf(thrown);
    if (code !== undefined) return `its answer is ${ckrName(code)}`;
    return thrown instanceof Error
      ? (/CKR_\w+|return value 0x\w+/.exec(thrown.message)?.[0] ?? thrown.message)
      : "it fails";
  } finally {
    bench.clear();
  }
}

interface ThrowAway {
  /** An RSA key of 2048 bits stands for the longer ones. */
  readonly spec: KeySpec;
  readonly bytes: Buffer;
  readonly fingerprint: string;
}

async function throwAway(spec: KeySpec): Promise<ThrowAway> {
  const { bits, family } = keySpecFacts[spec];
  if (!isAsymmetric(spec)) {
    const bytes = randomBytes(bits / 8);
    return { spec, bytes, fingerprint: sha256(fingerprintDomains.key, bytes) };
  }
  const { privateKey, publicKey } =
    family === "rsa"
      ? await promisify(generateKeyPair)("rsa", { modulusLength: 2048 })
      : await promisify(generateKeyPair)("ec", { namedCurve: isCurve(spec) ? curves[spec].jwk : "" });
  return {
    spec: family === "rsa" ? "RSA_2048" : spec,
    bytes: privateKey.export({ format: "der", type: "pkcs8" }),
    fingerprint: sha256(fingerprintDomains.spki, publicKey.export({ format: "der", type: "spki" })),
  };
}

const sha256 = (domain: string, bytes: Buffer): string =>
  createHash("sha256").update(domain, "ascii").update(bytes).digest("hex");

/** The throw-away key-encryption key arises in the token, so that a token that takes no keys in clear is no obstacle. */
async function wrapOutside(
  bench: ProbeBench,
  { abilities }: TokenFindings,
  wrap: FileWrap,
  material: Buffer,
): Promise<{ readonly kek: Handle; readonly wrapped: Buffer }> {
  const hash = hashOfFileWrap(wrap);
  if (hash === undefined) {
    const kek = await bench.makeAes({ UNWRAP: true });
    const told = abilities.oaepHashes.at(-1);
    const value = told === undefined ? undefined : await bench.reveal(kek, told);
    if (value === undefined) throw new Error("it has no RSA-OAEP to test it with");
    return { kek, wrapped: aesWrap(wrap, value, material) };
  }
  const pair = await makeRsa(bench);
  const inner = randomBytes(32);
  const head = publicEncrypt({ key: pair.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, inner);
  return { kek: pair.kek, wrapped: Buffer.concat([head, aesWrap("AES_KWP", inner, material)]) };
}

function aesWrap(wrap: FileWrap, key: Buffer, material: Buffer): Buffer {
  const [name, iv] =
    wrap === "AES_KW"
      ? (["id-aes256-wrap", initialValue] as const)
      : (["id-aes256-wrap-pad", alternativeInitialValue] as const);
  const cipher = createCipheriv(name, key, iv);
  return Buffer.concat([cipher.update(material), cipher.final()]);
}

async function makeRsa(bench: ProbeBench): Promise<{ readonly kek: Handle; readonly publicKey: KeyObject }> {
  const { session } = bench;
  const common = { KEY_TYPE: CKK.RSA, TOKEN: false };
  const pair = await session.cryptoki.C_GenerateKeyPairAsync(
    session.handle,
    { mechanism: CKM.RSA_PKCS_KEY_PAIR_GEN },
    template({
      ...common,
      CLASS: CKO.PUBLIC_KEY,
      PRIVATE: false,
      MODULUS_BITS: 2048,
      PUBLIC_EXPONENT: Buffer.from([1, 0, 1]),
      VERIFY: true,
    }),
    template({
      ...common,
      CLASS: CKO.PRIVATE_KEY,
      PRIVATE: true,
      SENSITIVE: true,
      EXTRACTABLE: false,
      SIGN: true,
      UNWRAP: true,
    }),
  );
  bench.keep(pair.publicKey);
  const kek = bench.keep(pair.privateKey);
  const modulus = readAttribute(session, kek, "MODULUS") ?? Buffer.alloc(0);
  const jwk = { kty: "RSA", n: modulus.toString("base64url"), e: "AQAB" };
  return { kek, publicKey: createPublicKey({ key: jwk, format: "jwk" }) };
}
