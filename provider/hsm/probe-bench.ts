import { constants, generateKeyPair, privateDecrypt, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { KeySpec } from "../model/key-spec";
import type { OaepHash } from "../model/token";
import { template } from "./attributes";
import type { Handle, Session } from "./cryptoki";
import { macWith } from "./fingerprint-key";
import { oaepMechanism } from "./oaep";
import { CKK, CKM, CKO, type AttributeName } from "./pkcs11-constants";
import { destroyQuietly, wrapUnder } from "./wrap-key";
import { importWrappingKey, readWrappingPublicKey } from "./wrapping-public-key";

/** Throw-away session keys, and a throw-away RSA key of this process under which the token wraps them, so that wraps can be undone. */
export class ProbeBench {
  private readonly objects: Handle[] = [];
  private testKey: Handle | undefined;

  private constructor(
    readonly session: Session,
    private readonly privateKey: KeyObject,
    private readonly spki: Buffer,
  ) {}

  static async open(session: Session): Promise<ProbeBench> {
    const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    return new ProbeBench(session, privateKey, publicKey.export({ format: "der", type: "spki" }));
  }

  /** Takes charge of a session object. */
  keep(object: Handle): Handle {
    this.objects.push(object);
    return object;
  }

  /** A session AES-256 key. */
  async makeAes(changes: Partial<Record<AttributeName, boolean>> = {}): Promise<Handle> {
    return this.makeSecret(CKM.AES_KEY_GEN, CKK.AES, 32, changes);
  }

  /** A session generic secret. */
  async makeGeneric(bytes: number): Promise<Handle> {
    return this.makeSecret(CKM.GENERIC_SECRET_KEY_GEN, CKK.GENERIC_SECRET, bytes, {});
  }

  /** OAEP of a session key under the test key. */
  wrapUnderTestKey(key: Handle, hash: OaepHash): Promise<Buffer> {
    this.testKey ??= this.keep(importWrappingKey(this.session, readWrappingPublicKey(this.spki)));
    return wrapUnder(this.session, oaepMechanism(hash), this.testKey, key);
  }

  /** The bytes of a throw-away key, or undefined where the token's OAEP with this hash cannot be undone. */
  async reveal(key: Handle, hash: OaepHash): Promise<Buffer | undefined> {
    try {
      const wrapped = await this.wrapUnderTestKey(key, hash);
      const padding = constants.RSA_PKCS1_OAEP_PADDING;
      return privateDecrypt({ key: this.privateKey, padding, oaepHash: hash }, wrapped);
    } catch {
      return undefined;
    }
  }

  /** Destroys everything that was made. */
  clear(): void {
    for (const object of this.objects.splice(0)) destroyQuietly(this.session, object);
    this.testKey = undefined;
  }

  private async makeSecret(
    mechanism: number,
    keyType: number,
    bytes: number,
    changes: Partial<Record<AttributeName, boolean>>,
  ): Promise<Handle> {
    const { cryptoki, handle } = this.session;
    const attributes = {
      CLASS: CKO.SECRET_KEY,
      KEY_TYPE: keyType,
      VALUE_LEN: bytes,
      TOKEN: false,
      PRIVATE: true,
      SENSITIVE: true,
      EXTRACTABLE: true,
      SIGN: true,
      ...changes,
    };
    return this.keep(await cryptoki.C_GenerateKeyAsync(handle, { mechanism }, template(attributes)));
  }
}

/** True where the token makes a MAC under a key of this type. */
export async function probeMac(session: Session, key: Handle, spec: KeySpec): Promise<boolean> {
  try {
    return (await macWith(session, key, spec, Buffer.alloc(16))).length > 0;
  } catch {
    return false;
  }
}
