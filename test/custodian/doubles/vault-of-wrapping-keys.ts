import { createHash, generateKeyPairSync } from "node:crypto";
import type { PinnedWrappingKey } from "../../../provider/model/ports/azure-import";
import type {
  DeletedVaultKey,
  KeyVaultImportPort,
  MakeWrappingKeyRequest,
  VaultKeyFacts,
  VaultWrappingKey,
} from "../../../provider/model/ports/key-vault";

const spkis = new Map<number, Buffer>();

/** RSA pairs take long; a test needs some that differ. */
function spkiOf(index: number): Buffer {
  const known = spkis.get(index);
  if (known !== undefined) return known;
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const made = publicKey.export({ format: "der", type: "spki" });
  spkis.set(index, made);
  return made;
}

/** A vault in memory that holds wrapping keys, and takes no material. */
export class VaultOfWrappingKeys implements KeyVaultImportPort {
  readonly keys = new Map<string, VaultKeyFacts>();
  readonly tags = new Map<string, Readonly<Record<string, string>>>();
  /** Where it fails: before the key is made, or after, as when the answer is lost. */
  failing: "before" | "after" | undefined;
  private count = 0;

  constructor(readonly url: string) {}

  /** As somebody else makes or imports one: with all that a wrapping key has. */
  place(name: string): PinnedWrappingKey {
    this.count += 1;
    const version = String(this.count).padStart(32, "0");
    const id = `${this.url}/keys/${name}/${version}`;
    const publicKey = spkiOf(this.count);
    const made = new Date("2030-06-01T00:00:00Z");
    this.keys.set(name, {
      ...{ id, name, version, publicKey, enabled: true, createdOn: made, updatedOn: made, kty: "RSA-HSM", bits: 2048 },
      ...{ operations: ["import"], tags: {}, recoveryLevel: "Recoverable" },
    });
    return { id, publicKeySha256: createHash("sha256").update(publicKey).digest("hex") };
  }

  change(name: string, more: Partial<VaultKeyFacts>): void {
    const key = this.keys.get(name);
    if (key !== undefined) this.keys.set(name, { ...key, ...more });
  }

  caller(): Promise<never> {
    return Promise.reject(new Error("nobody asks"));
  }
  getKey(name: string): Promise<VaultKeyFacts | undefined> {
    return Promise.resolve(this.keys.get(name));
  }
  makeWrappingKey({ name, tags }: MakeWrappingKeyRequest): Promise<VaultWrappingKey> {
    if (this.failing === "before") return Promise.reject(new Error("planned"));
    const pin = this.place(name);
    this.tags.set(name, tags);
    return this.failing === "after"
      ? Promise.reject(new Error("planned"))
      : Promise.resolve({ ...pin, bits: 2048, publicKey: spkiOf(this.count) });
  }
  deleteKey(name: string): Promise<DeletedVaultKey | undefined> {
    this.keys.delete(name);
    return Promise.resolve(undefined);
  }
  importWrapped(): Promise<never> {
    return Promise.reject(new Error("no material comes here"));
  }
  importClear(): Promise<never> {
    return Promise.reject(new Error("no material comes here"));
  }
  encryptBlock(): Promise<never> {
    return Promise.reject(new Error("no material comes here"));
  }
}
