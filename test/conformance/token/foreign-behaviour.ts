import {
  constants,
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from "node:crypto";
import { fileWrapFault, hashOfFileWrap, type FileWrap } from "../../../provider/model/file-wrap";
import { isAsymmetric, keySpecFacts, type KeySpec } from "../../../provider/model/key-spec";
import type { ForeignMaterial, TokenKey } from "../../../provider/model/ports/token";
import type { WrappingAlgorithm } from "../../../provider/model/wrapping";
import type { TestToken } from "../../tokens/test-token";
import { startTokenProcess, type TokenProcess } from "../../tokens/token-process";
import { markedLabel } from "./marked-label";
import { undoWithNode } from "./undo-wrap";
import { makeWrappingKeys, type TestWrappingKey } from "./wrapping-keys";

/** What a kind of token declares about material that arises outside of it. */
export interface ForeignDeclaration {
  readonly create: () => Promise<TestToken>;
  /** Ways under which nothing is unwrapped, and key types that are not, each with the token's answer. */
  readonly refuses: Readonly<Partial<Record<FileWrap | KeySpec, RegExp>>>;
  /** Key types that are not kept once they were unwrapped: the token does not tell their length, or permits more than it is told. */
  readonly keepsNot: readonly KeySpec[];
  /** Key types that do not exist in the token. */
  readonly lacks: readonly KeySpec[];
}

jest.setTimeout(180_000);

const specs: readonly KeySpec[] = [
  "AES_256",
  "HMAC_224",
  "HMAC_512",
  "RSA_2048",
  "EC_P256",
  "EC_P384",
  "EC_P521",
  "EC_SECP256K1",
];
const wraps: readonly FileWrap[] = ["AES_KWP", "AES_KW", "RSA_AES_SHA1", "RSA_AES_SHA256"];
const curveNames: Partial<Record<KeySpec, string>> = {
  EC_P256: "P-256",
  EC_P384: "P-384",
  EC_P521: "P-521",
  EC_SECP256K1: "secp256k1",
};

/** What every token does with material that a partner hands over. */
export function describeForeign(name: string, declared: ForeignDeclaration): void {
  describe(name, () => {
    let token: TestToken;
    let opened: TokenProcess;
    let wrappingKey: TestWrappingKey;
    let aesKek: TokenKey;
    let aesValue: Buffer;
    let rsaKek: TokenKey;
    let rsaPublic: Buffer;

    beforeAll(async () => {
      token = await declared.create();
      opened = await startTokenProcess(token);
      const [first] = await makeWrappingKeys();
      if (first === undefined) throw new Error("no wrapping key");
      wrappingKey = first;
      const { port, raw } = opened;
      aesValue = randomBytes(32);
      const id = randomBytes(16).toString("hex");
      await raw.plantAes(id, markedLabel("AES_256"), aesValue);
      await raw.setFlag(id, "UNWRAP", true);
      aesKek = { id, label: "", spec: "AES_256", extractable: true };
      rsaKek = await port.generate({ spec: "RSA_2048", label: markedLabel("RSA_2048"), unwraps: true });
      rsaPublic = await port.publicKey(rsaKek.id);
    });
    afterAll(async () => {
      await opened.end();
      await token.dispose();
    });

    it("tells a key that it made and that unwraps from what was brought, or tells nothing of where it arose", async () => {
      const { unwraps, made } = await opened.port.traits(rsaKek.id);
      expect([unwraps, made === false]).toEqual([true, false]);
      expect((await opened.port.traits(aesKek.id)).made === true).toBe(false);
    });

    /** As a partner encrypts who knows no token. */
    const byPartner = (
      wrap: FileWrap,
      material: Buffer,
    ): Pick<ForeignMaterial & { wrapped: Buffer }, "wrapped"> & { kek: string; wrap: FileWrap } => {
      const hash = hashOfFileWrap(wrap);
      if (hash === undefined) return { wrapped: keyWrap(wrap, aesValue, material), kek: aesKek.id, wrap };
      const inner = randomBytes(32);
      const key = createPublicKey({ key: rsaPublic, format: "der", type: "spki" });
      const head = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, inner);
      return { wrapped: Buffer.concat([head, keyWrap("AES_KWP", inner, material)]), kek: rsaKek.id, wrap };
    };
    const algorithmOf = (spec: KeySpec): WrappingAlgorithm =>
      isAsymmetric(spec) ? "RSA_AES_KEY_WRAP_SHA_1" : "RSAES_OAEP_SHA_1";

    for (const spec of specs) {
      if (declared.lacks.includes(spec)) continue;
      const material = newMaterial(spec);

      it(`${spec} in clear: is taken in, told by its fingerprint, wrapped as it was, and gone`, async () => {
        const clear: ForeignMaterial = { spec, clear: material };
        const facts = await opened.port.inspectForeign(clear);
        expect(facts.fingerprint).toEqual(fingerprintOf(spec, material));
        const blob = await opened.port.wrapForeign(clear, facts.fingerprint, wrappingKey.spki, algorithmOf(spec));
        expectSameKey(spec, undoWithNode(blob, wrappingKey.privateKey, algorithmOf(spec)), material);
        expect(await opened.raw.sessionObjects()).toBe(0);
      });

      for (const wrap of wraps) {
        const kek: KeySpec = wrap.startsWith("RSA") ? "RSA_2048" : "AES_256";
        if (fileWrapFault(wrap, kek, spec, "sha1") !== undefined) continue;
        const refusal = declared.refuses[wrap] ?? declared.refuses[spec];
        if (refusal !== undefined) {
          it(`${spec} under ${wrap}: says by self-test that it cannot`, async () => {
            expect(await opened.port.unwrapRefusal({ spec, wrap, kept: false })).toMatch(refusal);
          });
          continue;
        }
        it(`${spec} under ${wrap}: is unwrapped, told by its fingerprint, wrapped as it was, and gone`, async () => {
          expect(await opened.port.unwrapRefusal({ spec, wrap, kept: false })).toBeUndefined();
          const foreign: ForeignMaterial = { spec, ...byPartner(wrap, material) };
          const facts = await opened.port.inspectForeign(foreign);
          expect(facts.fingerprint).toEqual(fingerprintOf(spec, material));
          const blob = await opened.port.wrapForeign(foreign, facts.fingerprint, wrappingKey.spki, algorithmOf(spec));
          expectSameKey(spec, undoWithNode(blob, wrappingKey.privateKey, algorithmOf(spec)), material);
          if (spec.startsWith("HMAC")) {
            const message = Buffer.from("proof");
            const mac = createHmac(`sha${keySpecFacts[spec].bits}`, material).update(message).digest();
            expect(await opened.port.macForeign(foreign, message)).toEqual(mac);
          }
          expect(await opened.raw.sessionObjects()).toBe(0);
        });
      }

      if (declared.refuses[spec] === undefined) {
        it(`${spec} under AES_KWP: ${declared.keepsNot.includes(spec) ? "cannot be kept, and says so" : "is kept on request, as a key that is wrapped again"}`, async () => {
          const refusal = await opened.port.unwrapRefusal({ spec, wrap: "AES_KWP", kept: true });
          if (declared.keepsNot.includes(spec)) {
            expect(refusal).toMatch(/length|permits more/);
            return;
          }
          expect(refusal).toBeUndefined();
          const foreign: ForeignMaterial = { spec, ...byPartner("AES_KWP", material) };
          const kept = await opened.port.keepForeign(foreign, markedLabel(spec));
          expect(await opened.port.findKey(kept.id)).toEqual(kept);
          const traits = await opened.port.traits(kept.id);
          expect([traits.unwraps, traits.made === true]).toEqual([false, false]);
          expect(await opened.port.fingerprint(kept.id)).toEqual(fingerprintOf(spec, material));
          const blob = await opened.port.wrap(kept.id, wrappingKey.spki, algorithmOf(spec), "brought");
          expectSameKey(spec, undoWithNode(blob, wrappingKey.privateKey, algorithmOf(spec)), material);
          await opened.port.destroy(kept.id);
        });
      }
    }

    it("refuses a damaged file, one of another length and one under another key, naming the file and nothing of it", async () => {
      const material = randomBytes(32);
      const good = byPartner("AES_KWP", material);
      const damaged = Buffer.from(good.wrapped);
      damaged[9] = (damaged[9] ?? 0) ^ 1;
      const cases: readonly Buffer[] = [
        damaged,
        keyWrap("AES_KWP", randomBytes(32), material),
        byPartner("AES_KWP", randomBytes(16)).wrapped,
        Buffer.alloc(0),
        Buffer.alloc(7),
      ];
      for (const wrapped of cases) {
        await expect(opened.port.inspectForeign({ spec: "AES_256", ...good, wrapped })).rejects.toMatchObject({
          code: "BYOK_MATERIAL_INVALID",
          property: "material.file",
        });
      }
      expect(await opened.raw.sessionObjects()).toBe(0);
    });

    it("wraps nothing whose fingerprint is another one by then", async () => {
      const { fingerprint } = await opened.port.inspectForeign({ spec: "AES_256", clear: randomBytes(32) });
      await expect(
        opened.port.wrapForeign(
          { spec: "AES_256", clear: randomBytes(32) },
          fingerprint,
          wrappingKey.spki,
          "RSAES_OAEP_SHA_1",
        ),
      ).rejects.toMatchObject({ code: "BYOK_KEY_DRIFTED" });
    });

    it("never wraps a key-encryption key, and unwraps under no other", async () => {
      await expect(opened.port.wrap(rsaKek.id, wrappingKey.spki, "RSA_AES_KEY_WRAP_SHA_1")).rejects.toMatchObject({
        code: "BYOK_KEY_DRIFTED",
      });
      const plain = await opened.port.generate({ spec: "AES_256", label: markedLabel("AES_256") });
      await expect(
        opened.port.inspectForeign({ spec: "AES_256", wrapped: Buffer.alloc(40), kek: plain.id, wrap: "AES_KWP" }),
      ).rejects.toMatchObject({ code: "BYOK_KEY_DRIFTED", property: "material.kek" });
    });
  });
}

function keyWrap(wrap: FileWrap, key: Buffer, material: Buffer): Buffer {
  const cipher =
    wrap === "AES_KW"
      ? createCipheriv("id-aes256-wrap", key, Buffer.alloc(8, 0xa6))
      : createCipheriv("id-aes256-wrap-pad", key, Buffer.from("a65959a6", "hex"));
  return Buffer.concat([cipher.update(material), cipher.final()]);
}

function newMaterial(spec: KeySpec): Buffer {
  const { family, bits } = keySpecFacts[spec];
  if (family === "aes" || family === "hmac") return randomBytes(bits / 8);
  const { privateKey } =
    family === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: bits })
      : generateKeyPairSync("ec", { namedCurve: curveNames[spec] ?? "" });
  return privateKey.export({ format: "der", type: "pkcs8" });
}

const spkiOf = (pkcs8: Buffer): Buffer =>
  createPublicKey(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" })).export({
    format: "der",
    type: "spki",
  });

function fingerprintOf(spec: KeySpec, material: Buffer): { method: string; value: string } {
  const [domain, bytes] = isAsymmetric(spec) ? (["spki", spkiOf(material)] as const) : (["key", material] as const);
  const value = createHash("sha256").update(`pulumi-byok/fingerprint/${domain}/1\0`).update(bytes).digest("hex");
  return { method: domain === "spki" ? "spki" : "sha256", value };
}

/** Tokens write PKCS#8 in their own way. */
function expectSameKey(spec: KeySpec, found: Buffer, material: Buffer): void {
  if (isAsymmetric(spec)) expect(spkiOf(found).equals(spkiOf(material))).toBe(true);
  else expect(found.equals(material)).toBe(true);
}
