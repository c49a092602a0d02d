import { createHash, createHmac, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { keySpecFacts, keySpecs, isAsymmetric, type KeySpec } from "../../../provider/model/key-spec";
import type { TokenKey } from "../../../provider/model/ports/token";
import type { TokenAbilities } from "../../../provider/model/token";
import { isComposed, oaepHashOf, type WrappingAlgorithm } from "../../../provider/model/wrapping";
import type { TestToken } from "../../tokens/test-token";
import { startTokenProcess, type TokenProcess } from "../../tokens/token-process";
import { markedLabel } from "./marked-label";
import { cmacWithOpenssl, undoWithNode, undoWithOpenssl } from "./undo-wrap";
import { makeWrappingKeys, type TestWrappingKey } from "./wrapping-keys";
import { containing, matching } from "./matching";

/** What a kind of token declares; what it cannot do is skipped with the reason given here. */
export interface TokenDeclaration {
  readonly create: () => Promise<TestToken>;
  readonly abilities: TokenAbilities;
  /** False where a copy of a key under the same CKA_ID takes the place of the first. */
  readonly duplicateIds: boolean;
  /** Why a key type, a hash or a data object is missing. */
  readonly reasons: Readonly<Partial<Record<KeySpec | "sha256" | "links", string>>>;
}

/** Generating RSA keys takes as long as it takes. */
jest.setTimeout(120_000);

const message = Buffer.from("the same key on both sides");
const direct: readonly WrappingAlgorithm[] = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"];
const composed: readonly WrappingAlgorithm[] = ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"];
/** One key type of each family is undone with a second implementation too. */
const undoneTwice: readonly KeySpec[] = ["AES_256", "RSA_2048", "EC_P256", "HMAC_256"];

/** The behaviours that every token must show. */
export function describeToken(name: string, declared: TokenDeclaration): void {
  describe(name, () => {
    let token: TestToken;
    let opened: TokenProcess;
    let wrappingKeys: readonly TestWrappingKey[];

    beforeAll(async () => {
      token = await declared.create();
      opened = await startTokenProcess(token);
      wrappingKeys = await makeWrappingKeys();
    });
    afterAll(async () => {
      await opened.end();
      await token.dispose();
    });

    it("finds by self-test what the token is declared to do", async () => {
      expect((await opened.port.report()).abilities).toEqual(declared.abilities);
    });

    it("leaves nothing of the self-test behind", async () => {
      await opened.port.report();
      expect(await opened.raw.sessionObjects()).toBe(0);
      if (declared.abilities.storesLinks) expect(await opened.raw.dataObjects()).toBe(0);
    });

    for (const spec of keySpecs) {
      if (!declared.abilities.specs.includes(spec)) {
        it.skip(`${spec}: skipped, ${declared.reasons[spec] ?? "no reason declared"}`, () => undefined);
        continue;
      }
      describe(spec, () => {
        let key: TokenKey;
        let material: Buffer;

        beforeAll(async () => {
          key = await opened.port.generate({ spec, label: markedLabel(spec) });
        });

        it("is generated extractable, sensitive and with a random CKA_ID", async () => {
          expect(key).toEqual({
            id: matching(/^[0-9a-f]{32}$/),
            label: markedLabel(spec),
            spec,
            extractable: true,
          });
          expect(await opened.raw.flag(key.id, "SENSITIVE")).toBe(true);
          expect(await opened.port.findKey(key.id)).toEqual(key);
        });

        it("permits neither decryption nor unwrapping nor derivation", async () => {
          for (const use of ["DECRYPT", "UNWRAP", "DERIVE"] as const) {
            expect([use, await opened.raw.flag(key.id, use)]).toEqual([use, false]);
          }
        });

        for (const algorithm of isAsymmetric(spec) ? composed : [...direct, ...composed]) {
          if (!declared.abilities.oaepHashes.includes(oaepHashOf(algorithm))) {
            it.skip(`${algorithm}: skipped, ${declared.reasons.sha256 ?? "no reason declared"}`, () => undefined);
            continue;
          }
          it(`travels under ${algorithm} and wrapping keys of every size`, async () => {
            const unwrapped: Buffer[] = [];
            for (const { spki, privateKey } of wrappingKeys) {
              const blob = await opened.port.wrap(key.id, spki, algorithm);
              unwrapped.push(undoWithNode(blob, privateKey, algorithm));
              if (undoneTwice.includes(spec)) {
                expect(undoWithOpenssl(blob, privateKey, algorithm).equals(unwrapped.at(-1) ?? message)).toBe(true);
              }
            }
            material = unwrapped[0] ?? Buffer.alloc(0);
            expect(unwrapped.every((other) => other.equals(material))).toBe(true);
            if (!isAsymmetric(spec)) expect(material.length).toBe(expectedLength(spec, algorithm, declared.abilities));
          });
        }

        it("leaves neither the wrapping key nor the ephemeral in the session", async () => {
          expect(await opened.raw.sessionObjects()).toBe(0);
        });

        if (isAsymmetric(spec)) {
          it("is the same pair outside: public key, and signatures of each verified by the other", async () => {
            const outside = createPrivateKey({ key: material, format: "der", type: "pkcs8" });
            const spki = await opened.port.publicKey(key.id);
            expect(createPublicKey(outside).export({ format: "der", type: "spki" }).equals(spki)).toBe(true);
            const inside = createPublicKey({ key: spki, format: "der", type: "spki" });
            expect(verify("sha256", message, outsidePublic(outside), await opened.port.sign(key.id, message))).toBe(
              true,
            );
            expect(verify("sha256", message, inside, sign("sha256", message, outside))).toBe(true);
          });

          it("has a fingerprint over its public key that anyone can compute again", async () => {
            const spki = await opened.port.publicKey(key.id);
            const value = sha256("pulumi-byok/fingerprint/spki/1\0", spki);
            expect(await opened.port.fingerprint(key.id)).toEqual({ method: "spki", value });
            expect(await opened.port.checkValue(key.id)).toBe(value.slice(0, 6));
          });
        } else {
          it("is the same key outside: fingerprint and check value computed again from the unwrapped bytes", async () => {
            const bytes = material.subarray(0, keySpecFacts[spec].bits / 8);
            const value = sha256("pulumi-byok/fingerprint/key/1\0", bytes);
            expect(await opened.port.fingerprint(key.id)).toEqual({ method: "sha256", value });
            const zeros = Buffer.alloc(16);
            const mac = spec === "AES_256" ? cmacWithOpenssl(bytes, zeros) : hmac(spec, bytes, zeros);
            expect(await opened.port.checkValue(key.id)).toBe(mac.subarray(0, 3).toString("hex"));
          });
        }

        if (keySpecFacts[spec].family === "hmac") {
          it("makes the MAC that the unwrapped bytes make", async () => {
            const bytes = material.subarray(0, keySpecFacts[spec].bits / 8);
            expect((await opened.port.mac(key.id, message)).equals(hmac(spec, bytes, message))).toBe(true);
          });
        }

        it("takes another label on all its halves", async () => {
          const label = markedLabel(`renamed ${spec} ü`);
          await opened.port.setLabel(key.id, label);
          expect((await opened.port.findKey(key.id))?.label).toBe(label);
        });

        it("is never wrapped again once it is closed", async () => {
          await opened.port.close(key.id);
          expect(await opened.port.findKey(key.id)).toMatchObject({ extractable: false });
          const algorithm = isAsymmetric(spec) ? "RSA_AES_KEY_WRAP_SHA_1" : "RSAES_OAEP_SHA_1";
          await expect(opened.port.wrap(key.id, firstOf(wrappingKeys).spki, algorithm)).rejects.toMatchObject({
            code: "BYOK_KEY_NOT_EXPORTABLE",
          });
          await opened.port.close(key.id);
        });

        it("is destroyed with both halves, and destroying it again is no failure", async () => {
          expect(await opened.raw.classes(key.id)).toHaveLength(isAsymmetric(spec) ? 2 : 1);
          await opened.port.destroy(key.id);
          expect(await opened.raw.classes(key.id)).toEqual([]);
          await opened.port.destroy(key.id);
          expect(await opened.port.findKey(key.id)).toBeUndefined();
        });
      });
    }

    it("lists only keys that carry the mark", async () => {
      const marked = await opened.port.generate({ spec: "AES_256", label: markedLabel("mine") });
      const unmarked = await opened.port.generate({ spec: "AES_256", label: "somebody's byok:key" });
      expect((await opened.port.listKeys()).map(({ id }) => id)).toEqual([marked.id]);
      await opened.port.destroy(marked.id);
      await opened.port.destroy(unmarked.id);
      expect(await opened.port.listKeys()).toEqual([]);
    });

    for (const use of ["DECRYPT", "WRAP", "UNWRAP"] as const) {
      it(`does not wrap a key whose CKA_${use} was switched on`, async () => {
        const key = await opened.port.generate({ spec: "AES_256", label: markedLabel("drifting") });
        await opened.raw.setFlag(key.id, use, true);
        await expect(opened.port.wrap(key.id, firstOf(wrappingKeys).spki, "RSAES_OAEP_SHA_1")).rejects.toMatchObject({
          code: "BYOK_KEY_DRIFTED",
          message: containing(`CKA_${use}`),
        });
        await opened.port.destroy(key.id);
      });
    }

    const twice = declared.duplicateIds ? it : it.skip;
    const never = declared.duplicateIds ? "" : ": skipped, the token keeps one key of an id";
    twice(`refuses to choose between two keys of one CKA_ID${never}`, async () => {
      const key = await opened.port.generate({ spec: "AES_256", label: markedLabel("twice") });
      await opened.raw.copy(key.id);
      const wrapping = firstOf(wrappingKeys).spki;
      await expect(opened.port.wrap(key.id, wrapping, "RSAES_OAEP_SHA_1")).rejects.toMatchObject({
        code: "BYOK_KEY_AMBIGUOUS",
      });
      await expect(opened.port.findKey(key.id)).rejects.toMatchObject({ code: "BYOK_KEY_AMBIGUOUS" });
      await expect(opened.port.destroy(key.id)).rejects.toMatchObject({ code: "BYOK_KEY_AMBIGUOUS" });
      await opened.raw.destroy(key.id);
    });

    it("notices that the public half was exchanged", async () => {
      const key = await opened.port.generate({ spec: "EC_P256", label: markedLabel("victim") });
      const other = await opened.port.generate({ spec: "EC_P256", label: markedLabel("other") });
      await opened.raw.exchangePublicHalf(other.id, key.id);
      await expect(opened.port.publicKey(key.id)).rejects.toMatchObject({ code: "BYOK_KEY_DRIFTED" });
      await opened.raw.destroy(key.id);
      await opened.raw.destroy(other.id);
    });

    it("says that a key is gone when somebody destroyed it after it was used", async () => {
      const key = await opened.port.generate({ spec: "AES_256", label: markedLabel("vanishing") });
      await opened.port.fingerprint(key.id);
      await opened.raw.destroy(key.id);
      await expect(opened.port.fingerprint(key.id)).rejects.toMatchObject({ code: "BYOK_KEY_NOT_FOUND" });
    });

    it("serves many callers at once, each with its own answer", async () => {
      const key = await opened.port.generate({ spec: "HMAC_256", label: markedLabel("busy") });
      const { spki, privateKey } = firstOf(wrappingKeys);
      const bytes = undoWithNode(
        await opened.port.wrap(key.id, spki, "RSAES_OAEP_SHA_1"),
        privateKey,
        "RSAES_OAEP_SHA_1",
      );
      const messages = Array.from({ length: 400 }, (_, index) => Buffer.from(`message ${index}`));
      const macs = await Promise.all(messages.map((text) => opened.port.mac(key.id, text)));
      macs.forEach((mac, index) => expect(mac.equals(hmac("HMAC_256", bytes, messages[index] ?? message))).toBe(true));
      const blobs = await Promise.all(
        Array.from({ length: 24 }, () => opened.port.wrap(key.id, spki, "RSA_AES_KEY_WRAP_SHA_1")),
      );
      for (const blob of blobs) {
        expect(undoWithNode(blob, privateKey, "RSA_AES_KEY_WRAP_SHA_1").equals(bytes)).toBe(true);
      }
      expect(await opened.raw.sessionObjects()).toBe(0);
      await opened.port.destroy(key.id);
    });

    if (declared.abilities.storesLinks) {
      it("keeps data objects: written, replaced, listed by prefix, removed", async () => {
        await opened.port.putData("link:a", Buffer.from("one"));
        await opened.port.putData("link:a", Buffer.from("two"));
        await opened.port.putData("link:b", Buffer.alloc(3000, 7));
        await opened.port.putData("other", Buffer.from("three"));
        expect(await opened.port.listData("link:")).toEqual([
          { label: "link:a", value: Buffer.from("two") },
          { label: "link:b", value: Buffer.alloc(3000, 7) },
        ]);
        expect(await opened.raw.dataObjects()).toBe(3);
        for (const label of ["link:a", "link:b", "other"]) await opened.port.deleteData(label);
        await opened.port.deleteData("link:a");
        expect(await opened.raw.dataObjects()).toBe(0);
      });

      it("reads the newest of two data objects of one label, which a crash left behind, and cleans up at the next write", async () => {
        await opened.port.putData("link:c", Buffer.from("old"));
        await opened.raw.createData("link:c", "pulumi-byok", frame(9n, "new"));
        await opened.raw.createData("link:c", "another program", frame(99n, "foreign"));
        expect(await opened.port.listData("link:c")).toEqual([{ label: "link:c", value: Buffer.from("new") }]);
        await opened.port.putData("link:c", Buffer.from("newest"));
        expect(await opened.port.listData("link:c")).toEqual([{ label: "link:c", value: Buffer.from("newest") }]);
        expect(await opened.raw.dataObjects()).toBe(2);
        await opened.port.deleteData("link:c");
        expect(await opened.raw.dataObjects()).toBe(1);
      });

      it("believes no data object that somebody could have made without the PIN", async () => {
        await opened.port.putData("link:d", Buffer.from("ours"));
        await opened.raw.createData("link:d", "pulumi-byok", frame(99n, "forged"), false);
        await opened.raw.createData("link:e", "pulumi-byok", frame(1n, "forged"), false);
        expect(await opened.port.listData("link:")).toEqual([{ label: "link:d", value: Buffer.from("ours") }]);
        await opened.port.deleteData("link:d");
      });
    } else {
      it.skip(`keeps data objects: skipped, ${declared.reasons.links ?? "no reason declared"}`, () => undefined);
    }

    it("ends in good order while operations run", async () => {
      const busy = await startTokenProcess(token);
      const running = Promise.allSettled(
        Array.from({ length: 6 }, (_, index) =>
          busy.port.generate({ spec: "RSA_2048", label: markedLabel(`late ${index}`) }),
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await busy.end()).toBe(0);
      await running;
    });
  });
}

const sha256 = (domain: string, bytes: Buffer): string =>
  createHash("sha256").update(domain, "ascii").update(bytes).digest("hex");

const hmac = (spec: KeySpec, key: Buffer, text: Buffer): Buffer =>
  createHmac(`sha${keySpecFacts[spec].bits}`, key).update(text).digest();

const outsidePublic = (key: KeyObject): KeyObject => createPublicKey(key);

function firstOf(keys: readonly TestWrappingKey[]): TestWrappingKey {
  const [first] = keys;
  if (first === undefined) throw new Error("No wrapping key was made.");
  return first;
}

/** A token that pads lengthens keys whose length is no multiple of 8, in the composed wrap only. */
function expectedLength(spec: KeySpec, algorithm: WrappingAlgorithm, abilities: TokenAbilities): number {
  const exact = keySpecFacts[spec].bits / 8;
  return isComposed(algorithm) && abilities.keyWrapPadding === "pads" ? 8 * Math.ceil(exact / 8) : exact;
}

function frame(counter: bigint, text: string): Buffer {
  const header = Buffer.alloc(12);
  header.write("BYD1", "ascii");
  header.writeBigUInt64BE(counter, 4);
  return Buffer.concat([header, Buffer.from(text)]);
}
