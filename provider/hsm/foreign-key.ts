import { createPrivateKey } from "node:crypto";
import { ByokError } from "../model/errors";
import { hashOfFileWrap, wrappedLength, type FileWrap } from "../model/file-wrap";
import { isAsymmetric, keySpecFacts, type KeySpec } from "../model/key-spec";
import type { ForeignMaterial } from "../model/ports/token";
import { readFlag, readerOf, template } from "./attributes";
import type { Attribute, Handle, Mechanism, Session } from "./cryptoki";
import { assertPresent } from "./find-slot";
import { curves, isCurve, readSpec } from "./key-spec-forms";
import { oaepMechanism } from "./oaep";
import { CKK, CKM, CKO, type AttributeName } from "./pkcs11-constants";
import { recoverEcPoint } from "./recover-ec-key";
import { ckrName, ckrOf } from "./return-codes";
import { destroyQuietly } from "./wrap-key";

/** Where foreign material is to live. */
export interface ForeignPlace {
  /** False: in the session alone. */
  readonly token: boolean;
  readonly id: Buffer;
  readonly label: string;
}

/** The objects that material became. */
export interface ForeignObjects {
  readonly key: Handle;
  readonly publicKey?: Handle;
}

type Values = Partial<Record<AttributeName, number | boolean | Buffer>>;

/**
 * Takes material in: by C_UnwrapKey where it is encrypted, so that it is in clear in the token alone, else by C_CreateObject. It may then be wrapped and do
 * what shows that a copy is the same key, and nothing else.
 *
 * @param kek - the object of the key-encryption key, where the material is encrypted
 * @param keyWrap - the mechanism that is RFC 5649 in this token
 * @throws ByokError BYOK_MATERIAL_INVALID, BYOK_TOKEN_UNSUPPORTED
 */
export async function takeIn(
  session: Session,
  material: ForeignMaterial,
  kek: Handle | undefined,
  keyWrap: number | undefined,
  place: ForeignPlace,
): Promise<ForeignObjects> {
  const attributes = attributesOf(material.spec, place);
  const key =
    "clear" in material
      ? create(session, attributes, partsOf(material.spec, material.clear))
      : await unwrap(session, material, kek, keyWrap, template(attributes));
  try {
    requireGuarded(session, key, material.spec);
    const publicKey = isCurve(material.spec) ? await publicHalf(session, key, material.spec, place) : undefined;
    return publicKey === undefined ? { key } : { key, publicKey };
  } catch (thrown) {
    destroyQuietly(session, key);
    throw thrown;
  }
}

/** What a key that this package made has as well; see {@link keyRecipe}. */
function attributesOf(spec: KeySpec, place: ForeignPlace): Values {
  const { family } = keySpecFacts[spec];
  const found = { TOKEN: place.token, ID: place.id, LABEL: Buffer.from(place.label, "utf8") };
  const guarded = { PRIVATE: true, SENSITIVE: true, EXTRACTABLE: true, SIGN: true };
  const denied = { DECRYPT: false, UNWRAP: false, DERIVE: false };
  if (family === "rsa" || family === "ec") {
    return { ...found, ...guarded, ...denied, CLASS: CKO.PRIVATE_KEY, KEY_TYPE: family === "rsa" ? CKK.RSA : CKK.EC };
  }
  const KEY_TYPE = family === "aes" ? CKK.AES : CKK.GENERIC_SECRET;
  const use = { VERIFY: family === "hmac", ENCRYPT: false, WRAP: false };
  return { ...found, ...guarded, ...denied, ...use, CLASS: CKO.SECRET_KEY, KEY_TYPE };
}

function create({ cryptoki, handle }: Session, attributes: Values, parts: Values): Handle {
  try {
    return cryptoki.C_CreateObject(handle, template({ ...attributes, ...parts }));
  } finally {
    for (const part of Object.values(parts)) if (Buffer.isBuffer(part)) part.fill(0);
  }
}

/** The attributes that make up a key. Node hands out the numbers of a private key as text only, which nobody can wipe. */
function partsOf(spec: KeySpec, material: Buffer): Values {
  if (!isAsymmetric(spec)) return { VALUE: Buffer.from(material) };
  const jwk = createPrivateKey({ key: material, format: "der", type: "pkcs8" }).export({ format: "jwk" });
  const part = (name: "n" | "e" | "d" | "p" | "q" | "dp" | "dq" | "qi"): Buffer =>
    Buffer.from(jwk[name] ?? "", "base64url");
  if (isCurve(spec)) return { EC_PARAMS: Buffer.from(curves[spec].parameters), VALUE: part("d") };
  return {
    MODULUS: part("n"),
    PUBLIC_EXPONENT: part("e"),
    PRIVATE_EXPONENT: part("d"),
    PRIME_1: part("p"),
    PRIME_2: part("q"),
    EXPONENT_1: part("dp"),
    EXPONENT_2: part("dq"),
    COEFFICIENT: part("qi"),
  };
}

async function unwrap(
  session: Session,
  material: Extract<ForeignMaterial, { wrapped: Buffer }>,
  kek: Handle | undefined,
  keyWrap: number | undefined,
  wanted: Attribute[],
): Promise<Handle> {
  if (kek === undefined) throw new ByokError("BYOK_INTERNAL", "There is no key-encryption key to unwrap with.");
  const { wrap, wrapped, spec } = material;
  const hash = hashOfFileWrap(wrap);
  if (hash === undefined)
    return unwrapUnder(session, aesMechanism(wrap, keyWrap), kek, requireLength(wrapped, spec), wanted);
  const head = wrapped.subarray(0, modulusLength(session, kek));
  const body = requireLength(wrapped.subarray(head.length), spec);
  const ephemeral = await unwrapUnder(session, oaepMechanism(hash), kek, head, template(ephemeralAttributes));
  try {
    return await unwrapUnder(session, aesMechanism("AES_KWP", keyWrap), ephemeral, body, wanted);
  } finally {
    destroyQuietly(session, ephemeral);
  }
}

/** The AES-256 key between an RSA key and the material: it lives in the session, and unwraps. */
const ephemeralAttributes = {
  CLASS: CKO.SECRET_KEY,
  KEY_TYPE: CKK.AES,
  TOKEN: false,
  PRIVATE: true,
  SENSITIVE: true,
  EXTRACTABLE: false,
  ENCRYPT: false,
  DECRYPT: false,
  SIGN: false,
  VERIFY: false,
  WRAP: false,
  UNWRAP: true,
  DERIVE: false,
} as const;

function aesMechanism(wrap: FileWrap, keyWrap: number | undefined): Mechanism {
  if (wrap === "AES_KW") return { mechanism: CKM.AES_KEY_WRAP };
  if (keyWrap !== undefined) return { mechanism: keyWrap };
  throw new ByokError("BYOK_TOKEN_UNSUPPORTED", "The token has no AES key wrap with padding (RFC 5649).", {
    hint: "Use a token with CKM_AES_KEY_WRAP_KWP.",
  });
}

function modulusLength(session: Session, kek: Handle): number {
  const spec = readSpec(readerOf(session, kek));
  return spec === undefined ? 0 : keySpecFacts[spec].bits / 8;
}

/** Some tokens do not tell the length of what they unwrapped (CKA_VALUE_LEN is 0 in SoftHSM 2.6.1), so it is seen on the outside. */
function requireLength(wrapped: Buffer, spec: KeySpec): Buffer {
  const expected = wrappedLength(spec);
  if (wrapped.length % 8 === 0 && wrapped.length >= 16 && (expected === undefined || wrapped.length === expected))
    return wrapped;
  const would = expected === undefined ? "a multiple of 8 bytes" : `${expected} bytes`;
  throw invalid(`is no wrapped ${spec} material: that would be ${would}, and these are ${wrapped.length}.`);
}

async function unwrapUnder(
  session: Session,
  mechanism: Mechanism,
  kek: Handle,
  wrapped: Buffer,
  wanted: Attribute[],
): Promise<Handle> {
  const { cryptoki, handle } = session;
  try {
    return await cryptoki.C_UnwrapKeyAsync(handle, mechanism, kek, Buffer.from(wrapped), wanted);
  } catch (thrown) {
    // A token that went away says the same as one that cannot make sense of what it is given.
    assertPresent(session);
    const code = ckrOf(thrown);
    throw invalid(
      `cannot be unwrapped by the token (C_UnwrapKey: ${code === undefined ? "no return value" : ckrName(code)}): it was encrypted under another key or in another way, or it is damaged.`,
    );
  }
}

function requireGuarded(session: Session, key: Handle, spec: KeySpec): void {
  for (const name of ["PRIVATE", "SENSITIVE", "EXTRACTABLE", "SIGN"] as const) {
    if (readFlag(session, key, name) === true) continue;
    throw new ByokError(
      "BYOK_TOKEN_UNSUPPORTED",
      `The token took material in without CKA_${name}, so it was destroyed there.`,
      {
        hint: "Use another token.",
      },
    );
  }
  const read = readerOf(session, key);
  const found = readSpec(read);
  const length = read("VALUE_LEN");
  const isUntold = !isAsymmetric(spec) && (length === undefined || length.every((byte) => byte === 0));
  if (found !== spec && !isUntold)
    throw invalid(`holds ${found ?? "a key of another type or length"}, and material.spec is ${spec}.`);
}

/** The public half as an object, as a generated pair has one. */
async function publicHalf(
  session: Session,
  key: Handle,
  spec: keyof typeof curves,
  place: ForeignPlace,
): Promise<Handle> {
  const point = await recoverEcPoint(session, key, spec);
  // DER OCTET STRING around the point (PKCS#11 v3.1 §6.3.3).
  const header = point.length > 0x7f ? [0x04, 0x81, point.length] : [0x04, point.length];
  return session.cryptoki.C_CreateObject(
    session.handle,
    template({
      CLASS: CKO.PUBLIC_KEY,
      KEY_TYPE: CKK.EC,
      TOKEN: place.token,
      PRIVATE: false,
      ID: place.id,
      LABEL: Buffer.from(place.label, "utf8"),
      EC_PARAMS: curves[spec].parameters,
      EC_POINT: Buffer.concat([Buffer.from(header), point]),
      VERIFY: true,
    }),
  );
}

/** The message continues the name of the property. */
export const invalid = (fault: string): ByokError =>
  new ByokError("BYOK_MATERIAL_INVALID", `material.file ${fault}`, {
    property: "material.file",
    hint: "Nothing was imported.",
  });
