import { createCipheriv, createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import type {
  AzureCaller,
  DeletedVaultKey,
  ImportWrappedRequest,
  KeyVaultImportPort,
  VaultKeyFacts,
  VaultWrappingKey,
} from "../../../provider/model/ports/key-vault";
import { undoWithNode } from "./undo-wrap";
import type { TestWrappingKey } from "./wrapping-keys";

const byokFile = z.strictObject({
  schema_version: z.literal("1.0.0"),
  header: z.strictObject({ kid: z.string(), alg: z.literal("dir"), enc: z.literal("CKM_RSA_AES_KEY_WRAP") }),
  ciphertext: z.string().regex(/^[A-Za-z0-9_-]+$/),
  generator: z.string().min(1),
});

/** A vault whose private wrapping key the test knows, and that keeps the `.byok` file that it was sent. */
export class StandInVault implements KeyVaultImportPort {
  /** The file of the last import. */
  file: Buffer = Buffer.alloc(0);
  readonly pin: { readonly id: string; readonly publicKeySha256: string };
  private material: Buffer = Buffer.alloc(0);

  constructor(
    readonly url: string,
    private readonly tenantId: string,
    private readonly wrappingKey: TestWrappingKey,
  ) {
    this.pin = {
      id: `${url}/keys/byok-kek-test/${"c".repeat(32)}`,
      publicKeySha256: createHash("sha256").update(wrappingKey.spki).digest("hex"),
    };
  }

  /** Of the last import. */
  get parsed(): z.infer<typeof byokFile> {
    return byokFile.parse(JSON.parse(this.file.toString("utf8")));
  }
  get ciphertext(): Buffer {
    return Buffer.from(this.parsed.ciphertext, "base64url");
  }
  get privateKey(): KeyObject {
    return this.wrappingKey.privateKey;
  }

  caller(): Promise<AzureCaller> {
    return Promise.resolve({ tenantId: this.tenantId, objectId: "22222222-2222-2222-2222-222222222222" });
  }
  getKey(): Promise<VaultKeyFacts> {
    const { spki, bits } = this.wrappingKey;
    return Promise.resolve({ ...this.facts("byok-kek-test", this.pin.id, spki), kty: "RSA-HSM", bits });
  }
  importClear(): Promise<VaultKeyFacts> {
    return Promise.reject(new Error("this vault takes wrapped material only"));
  }
  importWrapped({ name, byok, kty, operations }: ImportWrappedRequest): Promise<VaultKeyFacts> {
    this.file = Buffer.from(byok);
    this.material = undoWithNode(this.ciphertext, this.privateKey, "RSA_AES_KEY_WRAP_SHA_1");
    const facts = this.facts(name, `${this.url}/keys/${name}/${"d".repeat(32)}`, publicHalf(kty, this.material));
    return Promise.resolve({ ...facts, kty, operations });
  }
  encryptBlock(_keyId: string, iv: Buffer, block: Buffer): Promise<Buffer> {
    return Promise.resolve(
      createCipheriv("aes-256-cbc", this.material.subarray(0, 32), iv).setAutoPadding(false).update(block),
    );
  }
  makeWrappingKey(): Promise<VaultWrappingKey> {
    return Promise.reject(new Error("the wrapping key is there"));
  }
  deleteKey(): Promise<DeletedVaultKey | undefined> {
    return Promise.resolve(undefined);
  }

  private facts(name: string, id: string, publicKey: Buffer | undefined): VaultKeyFacts {
    const now = new Date("2030-06-01T12:00:00Z");
    return {
      ...{ id, name, version: id.slice(-32), enabled: true, createdOn: now, updatedOn: now, kty: "" },
      ...{ recoveryLevel: "Recoverable", tags: {}, operations: ["import"] },
      ...(publicKey === undefined ? {} : { publicKey }),
    };
  }
}

const publicHalf = (kty: string, material: Buffer): Buffer | undefined =>
  kty === "oct-HSM"
    ? undefined
    : createPublicKey(createPrivateKey({ key: material, format: "der", type: "pkcs8" })).export({
        format: "der",
        type: "spki",
      });
