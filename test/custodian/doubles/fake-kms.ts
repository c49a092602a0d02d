import {
  constants,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  privateDecrypt,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import { ByokError } from "../../../provider/model/errors";
import { keySpecFacts, type KeySpec } from "../../../provider/model/key-spec";
import type {
  CallerIdentity,
  ImportMaterialRequest,
  ImportParameters,
  KmsImportPort,
  KmsKeyFacts,
} from "../../../provider/model/ports/kms";
import { isComposed, oaepHashOf, type WrappingAlgorithm, type WrappingKeySpec } from "../../../provider/model/wrapping";
import type { Hook } from "./fake-token";

export const account = "111122223333";
export const region = "eu-central-1";

interface Held {
  facts: KmsKeyFacts;
  readonly spec: KeySpec;
  material?: Buffer;
}

interface Issued {
  readonly keyId: string;
  readonly algorithm: WrappingAlgorithm;
  readonly privateKey: KeyObject;
}

/** KMS in memory, as far as an import needs it; it really unwraps. */
export class FakeKms implements KmsImportPort {
  readonly keys = new Map<string, Held>();
  readonly calls: string[] = [];
  readonly imports: ImportMaterialRequest[] = [];
  caller: CallerIdentity = { account, arn: `arn:aws:iam::${account}:user/deploy` };
  /** Set to answer wrapping keys of another size or type. */
  wrappingKey: () => { readonly publicKey: KeyObject; readonly privateKey: KeyObject } = pairOf("RSA_2048");
  readonly #issued = new Map<string, Issued>();

  constructor(public hook: Hook = () => undefined) {}

  /** Adds a key without material. */
  add(spec: KeySpec, changes: Partial<KmsKeyFacts> = {}): string {
    const keyId = `00000000-0000-0000-0000-${randomBytes(6).toString("hex")}`;
    const arn = changes.arn ?? `arn:aws:kms:${region}:${account}:key/${keyId}`;
    const facts: KmsKeyFacts = {
      keyId,
      arn,
      account,
      region,
      state: "PendingImport",
      origin: "EXTERNAL",
      manager: "CUSTOMER",
      spec: keySpecFacts[spec].aws,
      usage: keySpecFacts[spec].awsUsages[0],
      description: "",
      multiRegion: false,
      createdAt: new Date("2030-01-01T00:00:00Z"),
      expires: false,
      ...changes,
    };
    this.keys.set(arn, { facts, spec });
    return arn;
  }

  change(arn: string, changes: Partial<KmsKeyFacts>): void {
    const held = this.#held(arn);
    held.facts = { ...held.facts, ...changes };
  }

  material(arn: string): Buffer | undefined {
    return this.#held(arn).material;
  }

  async callerIdentity(): Promise<CallerIdentity> {
    await this.#enter("callerIdentity");
    return this.caller;
  }

  async describeKey(keyId: string): Promise<KmsKeyFacts | undefined> {
    await this.#enter("describeKey");
    return this.keys.get(keyId)?.facts;
  }

  async getParametersForImport(
    keyId: string,
    algorithm: WrappingAlgorithm,
    wrappingKeySpec: WrappingKeySpec,
  ): Promise<ImportParameters> {
    await this.#enter("getParametersForImport", algorithm, wrappingKeySpec);
    const { publicKey, privateKey } = this.wrappingKey();
    const importToken = randomBytes(64);
    this.#issued.set(importToken.toString("hex"), { keyId, algorithm, privateKey });
    return {
      publicKey: publicKey.export({ format: "der", type: "spki" }),
      importToken,
      validTo: new Date("2030-01-02T00:00:00Z"),
    };
  }

  async importKeyMaterial(request: ImportMaterialRequest): Promise<{ readonly keyMaterialId?: string }> {
    this.imports.push({ ...request, importToken: Buffer.from(request.importToken) });
    const token = request.importToken.toString("hex");
    const blob = Buffer.from(request.encryptedKeyMaterial);
    await this.#enter("importKeyMaterial");
    const issued = this.#issued.get(token);
    if (issued?.keyId !== request.keyId) throw new ByokError("BYOK_AWS_REQUEST_INVALID", "another key's token");
    const material = unwrap(issued, blob);
    const held = this.#held(request.keyId);
    if (held.material !== undefined && !held.material.equals(material)) {
      throw new ByokError("BYOK_AWS_MATERIAL_REJECTED", "IncorrectKeyMaterialException");
    }
    held.material = material;
    const symmetric = keySpecFacts[held.spec].family === "aes";
    const keyMaterialId = createHash("sha256").update(request.keyId).update(material).digest("hex");
    const { validTo: _, ...facts } = held.facts;
    held.facts = {
      ...facts,
      state: facts.state === "Disabled" ? "Disabled" : "Enabled",
      expires: request.validTo !== undefined,
      ...(request.validTo === undefined ? {} : { validTo: request.validTo }),
      ...(symmetric ? { keyMaterialId } : {}),
    };
    return symmetric ? { keyMaterialId } : {};
  }

  async getPublicKey(keyId: string): Promise<Buffer> {
    await this.#enter("getPublicKey");
    const key = createPrivateKey({ key: this.#usable(keyId), format: "der", type: "pkcs8" });
    return createPublicKey(key).export({ format: "der", type: "spki" });
  }

  async generateMac(keyId: string, algorithm: string, message: Buffer): Promise<Buffer> {
    await this.#enter("generateMac", algorithm);
    const bits = algorithm.slice("HMAC_SHA_".length);
    return createHmac(`sha${bits}`, this.#usable(keyId)).update(message).digest();
  }

  async #enter(method: string, ...parameters: readonly unknown[]): Promise<void> {
    this.calls.push(method);
    await this.hook(method, ...parameters);
  }

  #held(arn: string): Held {
    const held = this.keys.get(arn);
    if (held === undefined) throw new ByokError("BYOK_AWS_NOT_FOUND", arn);
    return held;
  }

  #usable(arn: string): Buffer {
    const { facts, material } = this.#held(arn);
    if (facts.state !== "Enabled" || material === undefined) {
      throw new ByokError("BYOK_AWS_INVALID_STATE", facts.state);
    }
    return material;
  }
}

const pairs = new Map<string, { readonly publicKey: KeyObject; readonly privateKey: KeyObject }>();

/** A wrapping key of a size; made once, since it takes long. */
export function pairOf(spec: WrappingKeySpec): () => { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return () => {
    const made = pairs.get(spec) ?? generateKeyPairSync("rsa", { modulusLength: Number(spec.slice("RSA_".length)) });
    pairs.set(spec, made);
    return made;
  };
}

function unwrap({ algorithm, privateKey }: Issued, blob: Buffer): Buffer {
  const oaep = (cipher: Buffer): Buffer =>
    privateDecrypt(
      { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaepHashOf(algorithm) },
      cipher,
    );
  if (!isComposed(algorithm)) return oaep(blob);
  const size = (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  const decipher = createDecipheriv("id-aes256-wrap-pad", oaep(blob.subarray(0, size)), Buffer.from("a65959a6", "hex"));
  return Buffer.concat([decipher.update(blob.subarray(size)), decipher.final()]);
}
