import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
  sign as signWith,
} from "node:crypto";
import { ByokError } from "../../../provider/model/errors";
import { keySpecFacts, keySpecs, type KeySpec } from "../../../provider/model/key-spec";
import type { Fingerprint } from "../../../provider/model/ports/custodian";
import type {
  ForeignFacts,
  ForeignMaterial,
  TokenGenerateRequest,
  TokenKey,
  TokenPort,
} from "../../../provider/model/ports/token";
import type { TokenAbilities, TokenReport } from "../../../provider/model/token";
import type { KeyTraits } from "../../../provider/model/token-holding";
import { isComposed, oaepHashOf, type WrappingAlgorithm } from "../../../provider/model/wrapping";

/** Called before each method with its name; it may throw, wait, or end the process. */
export type Hook = (method: string, ...parameters: readonly unknown[]) => void | Promise<void>;

interface Held {
  label: string;
  readonly spec: KeySpec;
  extractable: boolean;
  /** Key bytes, or a private key as PKCS#8. */
  readonly material: Buffer;
  readonly made: boolean;
  readonly unwraps: boolean;
}

const curves: Partial<Record<KeySpec, string>> = {
  EC_P256: "P-256",
  EC_P384: "P-384",
  EC_P521: "P-521",
  EC_SECP256K1: "secp256k1",
};

/** A token in memory that really generates and wraps. */
export class FakeToken implements TokenPort {
  readonly keys = new Map<string, Held>();
  readonly data = new Map<string, Buffer>();
  readonly calls: string[] = [];
  abilities: TokenAbilities = {
    oaepHashes: ["sha1", "sha256"],
    keyWrapPadding: "exact",
    specs: keySpecs,
    fingerprint: "digest-key",
    enforcesExtractable: true,
    storesLinks: true,
  };

  constructor(public hook: Hook = () => undefined) {}

  async report(): Promise<TokenReport> {
    await this.#enter("report");
    return {
      identity: { label: "fake", serial: "1", manufacturer: "test", model: "Fake", firmware: "1.0" },
      abilities: this.abilities,
    };
  }

  async listKeys(): Promise<readonly TokenKey[]> {
    await this.#enter("listKeys");
    return [...this.keys].map(([id, held]) => view(id, held));
  }

  async findKey(id: string): Promise<TokenKey | undefined> {
    await this.#enter("findKey", id);
    const held = this.keys.get(id);
    return held === undefined ? undefined : view(id, held);
  }

  /** False: it does not tell truly which keys it made. */
  tellsHistory = true;

  async traits(id: string): Promise<KeyTraits> {
    await this.#enter("traits", id);
    const { made, unwraps } = this.#held(id);
    return this.tellsHistory ? { unwraps, made } : { unwraps };
  }

  async generate(request: TokenGenerateRequest): Promise<TokenKey> {
    await this.#enter("generate", request);
    return this.put(request.spec, request.label, request.unwraps);
  }

  /** Makes a key without being called, as another process would. */
  put(spec: KeySpec, label: string, unwraps = false): TokenKey {
    const id = randomBytes(16).toString("hex");
    const held = { label, spec, extractable: true, material: newMaterial(spec), made: true, unwraps };
    this.keys.set(id, held);
    return view(id, held);
  }

  async setLabel(id: string, label: string): Promise<void> {
    await this.#enter("setLabel", id, label);
    this.#held(id).label = label;
  }

  async wrap(id: string, publicKey: Buffer, algorithm: WrappingAlgorithm): Promise<Buffer> {
    await this.#enter("wrap", id, algorithm);
    const held = this.#held(id);
    if (!held.extractable) throw new ByokError("BYOK_KEY_NOT_EXPORTABLE", "closed");
    return wrapBytes(held.material, publicKey, algorithm);
  }

  async fingerprint(id: string): Promise<Fingerprint> {
    await this.#enter("fingerprint", id);
    return { method: "sha256", value: digest(this.#held(id).material) };
  }

  async checkValue(id: string): Promise<string> {
    await this.#enter("checkValue", id);
    return digest(this.#held(id).material).slice(0, 6);
  }

  async publicKey(id: string): Promise<Buffer> {
    await this.#enter("publicKey", id);
    const key = createPrivateKey({ key: this.#held(id).material, format: "der", type: "pkcs8" });
    return createPublicKey(key).export({ format: "der", type: "spki" });
  }

  async mac(id: string, message: Buffer): Promise<Buffer> {
    await this.#enter("mac", id);
    const { spec, material } = this.#held(id);
    return createHmac(`sha${keySpecFacts[spec].bits}`, material).update(message).digest();
  }

  async sign(id: string, message: Buffer): Promise<Buffer> {
    await this.#enter("sign", id);
    return signWith(
      "sha256",
      message,
      createPrivateKey({ key: this.#held(id).material, format: "der", type: "pkcs8" }),
    );
  }

  /** What the self-test of unwrapping answers. */
  unwraps: string | undefined;

  async unwrapRefusal(): Promise<string | undefined> {
    await this.#enter("unwrapRefusal");
    return this.unwraps;
  }

  async inspectForeign(material: ForeignMaterial): Promise<ForeignFacts> {
    await this.#enter("inspectForeign");
    const value = digest(this.#taken(material));
    return { fingerprint: { method: "sha256", value }, checkValue: value.slice(0, 6) };
  }

  async wrapForeign(
    material: ForeignMaterial,
    expected: Fingerprint,
    publicKey: Buffer,
    algorithm: WrappingAlgorithm,
  ): Promise<Buffer> {
    await this.#enter("wrapForeign");
    const bytes = this.#taken(material);
    if (digest(bytes) !== expected.value) throw new ByokError("BYOK_KEY_DRIFTED", "another key than a moment ago");
    return wrapBytes(bytes, publicKey, algorithm);
  }

  async macForeign(material: ForeignMaterial, message: Buffer): Promise<Buffer> {
    await this.#enter("macForeign");
    return createHmac(`sha${keySpecFacts[material.spec].bits}`, this.#taken(material)).update(message).digest();
  }

  async keepForeign(material: ForeignMaterial, label: string): Promise<TokenKey> {
    await this.#enter("keepForeign", label);
    const id = randomBytes(16).toString("hex");
    const bytes = Buffer.from(this.#taken(material));
    const held = { label, spec: material.spec, extractable: true, material: bytes, made: false, unwraps: false };
    this.keys.set(id, held);
    return view(id, held);
  }

  /** AES_KWP under an AES key of this token is all that it unwraps. */
  #taken(material: ForeignMaterial): Buffer {
    if ("clear" in material) return material.clear;
    const kek = this.#held(material.kek).material;
    const decipher = createDecipheriv("id-aes256-wrap-pad", kek, Buffer.from("a65959a6", "hex"));
    try {
      return Buffer.concat([decipher.update(material.wrapped), decipher.final()]);
    } catch {
      throw new ByokError("BYOK_MATERIAL_INVALID", "material.file cannot be unwrapped", { property: "material.file" });
    }
  }

  async close(id: string): Promise<void> {
    await this.#enter("close", id);
    this.#held(id).extractable = false;
  }

  async destroy(id: string): Promise<void> {
    await this.#enter("destroy", id);
    this.keys.delete(id);
  }

  async listData(prefix: string): Promise<readonly { readonly label: string; readonly value: Buffer }[]> {
    await this.#enter("listData", prefix);
    return [...this.data].filter(([label]) => label.startsWith(prefix)).map(([label, value]) => ({ label, value }));
  }

  async putData(label: string, value: Buffer): Promise<void> {
    await this.#enter("putData", label);
    this.data.set(label, Buffer.from(value));
  }

  async deleteData(label: string): Promise<void> {
    await this.#enter("deleteData", label);
    this.data.delete(label);
  }

  async shutdown(): Promise<void> {
    await this.#enter("shutdown");
  }

  async #enter(method: string, ...parameters: readonly unknown[]): Promise<void> {
    this.calls.push(method);
    await this.hook(method, ...parameters);
  }

  #held(id: string): Held {
    const held = this.keys.get(id);
    if (held === undefined) throw new ByokError("BYOK_KEY_NOT_FOUND", `no key ${id}`);
    return held;
  }
}

function wrapBytes(bytes: Buffer, publicKey: Buffer, algorithm: WrappingAlgorithm): Buffer {
  const key = createPublicKey({ key: publicKey, format: "der", type: "spki" });
  const oaep = (plain: Buffer): Buffer =>
    publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaepHashOf(algorithm) }, plain);
  if (!isComposed(algorithm)) return oaep(bytes);
  const ephemeral = randomBytes(32);
  const cipher = createCipheriv("id-aes256-wrap-pad", ephemeral, Buffer.from("a65959a6", "hex"));
  return Buffer.concat([oaep(ephemeral), cipher.update(bytes), cipher.final()]);
}

const view = (id: string, { label, spec, extractable }: Held): TokenKey => ({ id, label, spec, extractable });

const digest = (material: Buffer): string =>
  createHash("sha256").update("fake fingerprint\0").update(material).digest("hex");

function newMaterial(spec: KeySpec): Buffer {
  const { family, bits } = keySpecFacts[spec];
  if (family === "aes" || family === "hmac") return randomBytes(bits / 8);
  const { privateKey } =
    family === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: bits })
      : generateKeyPairSync("ec", { namedCurve: String(curves[spec]) });
  return privateKey.export({ format: "der", type: "pkcs8" });
}
