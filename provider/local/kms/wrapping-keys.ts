import { type KeyObject, createPrivateKey, createPublicKey, generateKeyPair, randomUUID } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { writeFileAtomically } from "../store/atomic-file";
import type { WrappingKeySpec } from "./key-specs";

const generate = promisify(generateKeyPair);

export interface WrappingKey {
  readonly id: string;
  readonly spec: WrappingKeySpec;
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
}

/** Pairs of all clouds in this process that keep nothing on disk. */
const sharedInProcess = new Map<WrappingKeySpec, Promise<WrappingKey>>();

/**
 * The RSA key pairs under which material travels. Making a 4096-bit pair takes seconds of processor time, so a pair is
 * used for many calls unless `fresh`; what binds a call is its import token.
 */
export class WrappingKeys {
  private readonly known = new Map<string, WrappingKey>();
  private readonly shared: Map<WrappingKeySpec, Promise<WrappingKey>>;
  private readonly folder: string | undefined;
  private closed = false;

  constructor(
    dataDir: string | undefined,
    private readonly fresh: boolean,
  ) {
    this.folder = dataDir === undefined ? undefined : path.join(dataDir, "wrapping-keys");
    this.shared = this.folder === undefined ? sharedInProcess : new Map<WrappingKeySpec, Promise<WrappingKey>>();
    for (const key of this.load()) {
      this.known.set(key.id, key);
      this.shared.set(key.spec, Promise.resolve(key));
    }
  }

  /** Begins to make the pair of a size before somebody waits for it. */
  prepare(spec: WrappingKeySpec): void {
    if (!this.fresh) void this.sharedKey(spec).catch(() => undefined);
  }

  /** A pair that is still being made is not written any more: its folder may be gone by then. */
  close(): void {
    this.closed = true;
  }

  async take(spec: WrappingKeySpec): Promise<WrappingKey> {
    const key = await (this.fresh ? this.make(spec) : this.sharedKey(spec));
    this.known.set(key.id, key);
    return key;
  }

  find(id: string): WrappingKey | undefined {
    return this.known.get(id);
  }

  private sharedKey(spec: WrappingKeySpec): Promise<WrappingKey> {
    const known = this.shared.get(spec);
    if (known !== undefined) return known;
    const made = this.make(spec);
    this.shared.set(spec, made);
    made.catch(() => this.shared.delete(spec));
    return made;
  }

  private async make(spec: WrappingKeySpec): Promise<WrappingKey> {
    const { privateKey, publicKey } = await generate("rsa", {
      modulusLength: Number(spec.slice(4)),
      publicExponent: 65537,
    });
    const key = { id: randomUUID(), spec, privateKey, publicKey: publicKey.export({ format: "der", type: "spki" }) };
    if (this.folder !== undefined && !this.closed) {
      const pem = privateKey.export({ format: "pem", type: "pkcs8" });
      writeFileAtomically(path.join(this.folder, `${spec}.${key.id}.pem`), pem, 0o600);
    }
    return key;
  }

  private load(): WrappingKey[] {
    const folder = this.folder;
    if (folder === undefined || !existsSync(folder)) return [];
    return readdirSync(folder).flatMap((name) => {
      const [, spec, id] = /^(RSA_2048|RSA_3072|RSA_4096)\.([0-9a-f-]{36})\.pem$/.exec(name) ?? [];
      if (id === undefined || (spec !== "RSA_2048" && spec !== "RSA_3072" && spec !== "RSA_4096")) return [];
      const privateKey = createPrivateKey(readFileSync(path.join(folder, name)));
      return [{ id, spec, privateKey, publicKey: createPublicKey(privateKey).export({ format: "der", type: "spki" }) }];
    });
  }
}
