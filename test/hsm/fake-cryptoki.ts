import {
  constants,
  createCipheriv,
  createHash,
  createHmac,
  createPublicKey,
  publicEncrypt,
  randomBytes,
  type Hash,
} from "node:crypto";
import type { Attribute, Cryptoki, Handle, Mechanism } from "../../provider/hsm/cryptoki";
import { CKA, CKF, CKM, CKO } from "../../provider/hsm/pkcs11-constants";
import { CKR, type ReturnCodeName } from "../../provider/hsm/return-codes";

/** How a fake token behaves; a test changes it while it runs. */
export interface FakeToken {
  readonly label: string;
  readonly serial: string;
  readonly pin: string;
  /** Added to CK_TOKEN_INFO.flags. */
  flags: number;
  /** False: pulled out; everything answers CKR_DEVICE_REMOVED until C_Initialize finds it again. */
  present: boolean;
  /** Sessions that the token opens. */
  maxSessions: number;
  /** False: C_DigestKey answers CKR_KEY_INDIGESTIBLE. */
  digestsKeys: boolean;
  /** False: keys keep CKA_EXTRACTABLE=true whatever is set. */
  keepsClosed: boolean;
  /** PINs that were tried. */
  readonly tried: string[];
}

type FakeObject = { readonly attributes: Map<number, Buffer>; readonly session?: string };

/** The functions that can be told to fail. */
export type FakeFunction = keyof Cryptoki;

/** A secret-key token in memory, with real OAEP, RFC 5649 and HMAC, that can be told to fail as no software token does. */
export class FakeCryptoki implements Cryptoki {
  readonly objects = new Map<string, FakeObject>();
  readonly calls: FakeFunction[] = [];
  /** What C_Initialize was given last. */
  initialisedWith: Parameters<Cryptoki["C_Initialize"]>[0] = {};
  private readonly failures: { readonly name: FakeFunction; readonly code: ReturnCodeName; skip: number }[] = [];
  private readonly sessions = new Set<string>();
  private initialised = false;
  private epoch = 0;
  private loggedIn = false;
  private lastHandle = 0;
  private hash: Hash | undefined;
  private signing: { readonly mechanism: number; readonly key: Handle } | undefined;

  constructor(readonly token: FakeToken) {}

  /** Makes one call of a function fail, after `skip` that succeed. */
  failNext(name: FakeFunction, code: ReturnCodeName, skip = 0): void {
    this.failures.push({ name, code, skip });
  }

  /** Forgets sessions and login, as a card does that is pulled and put back. */
  forgetSessions(): void {
    this.sessions.clear();
    this.loggedIn = false;
  }

  /** Logs out behind the adapter's back, while sessions stay open. */
  logOut(): void {
    this.loggedIn = false;
  }

  /** Gives every object another handle, as a token does after a failover. */
  renumber(): void {
    this.epoch += 1;
    const objects = [...this.objects.values()];
    this.objects.clear();
    for (const object of objects) this.add(object);
  }

  /** Objects that live in a session. */
  get sessionObjects(): number {
    return [...this.objects.values()].filter(({ session }) => session !== undefined).length;
  }

  C_Initialize(options: Parameters<Cryptoki["C_Initialize"]>[0]): void {
    this.enter("C_Initialize");
    this.initialisedWith = options;
    if (options.flags !== CKF.OS_LOCKING_OK) throw failure("ARGUMENTS_BAD");
    if (this.initialised) throw failure("CRYPTOKI_ALREADY_INITIALIZED");
    this.initialised = true;
    this.forgetSessions();
  }

  C_Finalize(): void {
    this.enter("C_Finalize");
    if (!this.initialised) throw failure("CRYPTOKI_NOT_INITIALIZED");
    this.initialised = false;
    this.forgetSessions();
  }

  C_GetSlotList(): Handle[] {
    this.enter("C_GetSlotList");
    return this.token.present ? [ulong(1)] : [];
  }

  C_GetTokenInfo(): ReturnType<Cryptoki["C_GetTokenInfo"]> {
    this.enter("C_GetTokenInfo");
    this.requirePresent();
    return {
      label: this.token.label.padEnd(32),
      manufacturerID: "nobody".padEnd(32),
      model: "fake\0\0",
      serialNumber: this.token.serial.padEnd(16),
      flags: CKF.TOKEN_INITIALIZED | this.token.flags,
      firmwareVersion: { major: 1, minor: 2 },
    };
  }

  C_GetMechanismInfo(): never {
    this.enter("C_GetMechanismInfo");
    throw failure("MECHANISM_INVALID");
  }

  C_OpenSession(): Handle {
    this.enter("C_OpenSession");
    this.requirePresent();
    if (this.sessions.size >= this.token.maxSessions) throw failure("SESSION_COUNT");
    const handle = ulong(++this.lastHandle);
    this.sessions.add(handle.toString("hex"));
    return handle;
  }

  C_CloseSession(session: Handle): void {
    this.enter("C_CloseSession", session);
    this.sessions.delete(session.toString("hex"));
    for (const [handle, object] of this.objects) {
      if (object.session === session.toString("hex")) this.objects.delete(handle);
    }
  }

  C_GetSessionInfo(session: Handle): { state: number } {
    this.enter("C_GetSessionInfo", session);
    return { state: this.loggedIn ? 3 : 2 };
  }

  C_Login(session: Handle, _user: number, pin: string): void {
    this.enter("C_Login", session);
    this.token.tried.push(pin);
    if (this.loggedIn) throw failure("USER_ALREADY_LOGGED_IN");
    if (pin !== this.token.pin) throw failure("PIN_INCORRECT");
    this.loggedIn = true;
  }

  C_CreateObject(session: Handle, template: Attribute[]): Handle {
    this.enter("C_CreateObject", session);
    return this.create(session, template);
  }

  C_DestroyObject(session: Handle, object: Handle): void {
    this.enter("C_DestroyObject", session);
    this.objectOf(object);
    this.objects.delete(object.toString("hex"));
  }

  C_GetAttributeValue(session: Handle, object: Handle, template: Attribute[]): { type: number; value: Buffer }[] {
    this.enter("C_GetAttributeValue", session);
    const { attributes } = this.objectOf(object);
    return template.map(({ type }) => {
      const value = attributes.get(type);
      const secret = attributes.get(CKA.CLASS)?.[0] === CKO.SECRET_KEY;
      if (secret && type === CKA.VALUE) throw failure("ATTRIBUTE_SENSITIVE");
      if (value === undefined) throw failure("ATTRIBUTE_TYPE_INVALID");
      return { type, value };
    });
  }

  C_SetAttributeValue(session: Handle, object: Handle, template: Attribute[]): void {
    this.enter("C_SetAttributeValue", session);
    const { attributes } = this.objectOf(object);
    for (const { type, value } of template) {
      if (type !== CKA.EXTRACTABLE || this.token.keepsClosed) attributes.set(type, encode(value));
    }
  }

  private finding: Handle[] = [];

  C_FindObjectsInit(session: Handle, template: Attribute[]): void {
    this.enter("C_FindObjectsInit", session);
    this.finding = [...this.objects]
      .filter(
        ([, { attributes }]) =>
          (this.loggedIn || attributes.get(CKA.PRIVATE)?.[0] !== 1) &&
          template.every(({ type, value }) => attributes.get(type)?.equals(encode(value)) === true),
      )
      .map(([handle]) => Buffer.from(handle, "hex"));
  }

  C_FindObjects(session: Handle, count: number): Handle[] {
    this.enter("C_FindObjects", session);
    return this.finding.splice(0, count);
  }

  C_FindObjectsFinal(session: Handle): void {
    this.enter("C_FindObjectsFinal", session);
  }

  C_DigestInit(session: Handle): void {
    this.enter("C_DigestInit", session);
    this.hash = createHash("sha256");
  }

  C_DigestUpdate(session: Handle, data: Buffer): void {
    this.enter("C_DigestUpdate", session);
    this.hash?.update(data);
  }

  C_DigestKey(session: Handle, key: Handle): void {
    this.enter("C_DigestKey", session);
    if (!this.token.digestsKeys) throw failure("KEY_INDIGESTIBLE");
    this.hash?.update(this.valueOf(key));
  }

  C_DigestFinal(session: Handle, output: Buffer): Buffer {
    this.enter("C_DigestFinal", session);
    return fill(output, this.hash?.digest() ?? Buffer.alloc(0));
  }

  C_SignInit(session: Handle, { mechanism }: Mechanism, key: Handle): void {
    this.enter("C_SignInit", session);
    this.signing = { mechanism, key };
  }

  async C_SignAsync(session: Handle, data: Buffer, output: Buffer): Promise<Buffer> {
    this.enter("C_SignAsync", session);
    const { mechanism, key } = this.signing ?? { mechanism: 0, key: ulong(0) };
    const bits = { [CKM.SHA224_HMAC]: 224, [CKM.SHA256_HMAC]: 256, [CKM.SHA384_HMAC]: 384, [CKM.SHA512_HMAC]: 512 }[
      mechanism
    ];
    if (bits === undefined) throw failure("MECHANISM_INVALID");
    await pause();
    return fill(output, createHmac(`sha${bits}`, this.valueOf(key)).update(data).digest());
  }

  async C_GenerateKeyAsync(session: Handle, _mechanism: Mechanism, template: Attribute[]): Promise<Handle> {
    this.enter("C_GenerateKeyAsync", session);
    await pause();
    const length = template.find(({ type }) => type === CKA.VALUE_LEN)?.value;
    const value = randomBytes(typeof length === "number" ? length : 32);
    const history = [CKA.LOCAL, CKA.ALWAYS_SENSITIVE].map((type) => ({ type, value: true }));
    return this.create(session, [...template, ...history, { type: CKA.VALUE, value }]);
  }

  async C_GenerateKeyPairAsync(session: Handle, _mechanism: Mechanism, publicTemplate: Attribute[]): Promise<never> {
    this.enter("C_GenerateKeyPairAsync", session);
    await pause();
    // What some tokens do when only one half fits: the public half stays.
    this.create(session, publicTemplate);
    throw failure("DEVICE_MEMORY");
  }

  C_UnwrapKeyAsync(session: Handle): Promise<Handle> {
    this.enter("C_UnwrapKeyAsync", session);
    return Promise.reject(failure("FUNCTION_NOT_SUPPORTED"));
  }

  async C_WrapKeyAsync(
    session: Handle,
    mechanism: Mechanism,
    wrapping: Handle,
    key: Handle,
    output: Buffer,
  ): Promise<Buffer> {
    this.enter("C_WrapKeyAsync", session);
    await pause();
    const value = this.valueOf(key);
    if (mechanism.mechanism === CKM.RSA_PKCS_OAEP) {
      const { attributes } = this.objectOf(wrapping);
      const [n, e] = [CKA.MODULUS, CKA.PUBLIC_EXPONENT].map(
        (type) => attributes.get(type)?.toString("base64url") ?? "",
      );
      const publicKey = createPublicKey({ key: { kty: "RSA", n: n ?? "", e: e ?? "" }, format: "jwk" });
      const oaepHash = mechanism.parameter?.hashAlg === CKM.SHA_1 ? "sha1" : "sha256";
      return fill(
        output,
        publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, value),
      );
    }
    if (mechanism.mechanism !== CKM.AES_KEY_WRAP_KWP) throw failure("MECHANISM_INVALID");
    const cipher = createCipheriv("id-aes256-wrap-pad", this.valueOf(wrapping), Buffer.from("a65959a6", "hex"));
    return fill(output, Buffer.concat([cipher.update(value), cipher.final()]));
  }

  private enter(name: FakeFunction, session?: Handle): void {
    this.calls.push(name);
    const due = this.failures.find((candidate) => candidate.name === name);
    if (due !== undefined && due.skip-- === 0) {
      this.failures.splice(this.failures.indexOf(due), 1);
      throw failure(due.code);
    }
    if (session === undefined) return;
    if (!this.initialised) throw failure("CRYPTOKI_NOT_INITIALIZED");
    this.requirePresent();
    if (!this.sessions.has(session.toString("hex"))) throw failure("SESSION_HANDLE_INVALID");
  }

  private requirePresent(): void {
    if (!this.token.present) throw failure("DEVICE_REMOVED");
  }

  private create(session: Handle, template: Attribute[]): Handle {
    const attributes = new Map(template.map(({ type, value }) => [type, encode(value)]));
    const inToken = attributes.get(CKA.TOKEN)?.[0] === 1;
    return this.add(inToken ? { attributes } : { attributes, session: session.toString("hex") });
  }

  private add(object: FakeObject): Handle {
    const handle = ulong(1000 * (this.epoch + 1) + ++this.lastHandle);
    this.objects.set(handle.toString("hex"), object);
    return handle;
  }

  private objectOf(handle: Handle): FakeObject {
    const object = this.objects.get(handle.toString("hex"));
    if (object === undefined) throw failure("OBJECT_HANDLE_INVALID");
    return object;
  }

  private valueOf(handle: Handle): Buffer {
    return this.objectOf(handle).attributes.get(CKA.VALUE) ?? Buffer.alloc(0);
  }
}

/** A healthy token. */
export const fakeToken = (changes: Partial<FakeToken> = {}): FakeToken => ({
  label: "fake",
  serial: "0001",
  pin: "246810",
  flags: 0,
  present: true,
  maxSessions: 100,
  digestsKeys: true,
  keepsClosed: true,
  tried: [],
  ...changes,
});

/** As pkcs11js throws it from C_CreateObject and others: a plain Error that names the return value. */
export const failure = (name: ReturnCodeName): Error => new Error(`CKR_${name}:${CKR[name]}`);

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function encode(value: Attribute["value"]): Buffer {
  if (typeof value === "boolean") return Buffer.from([value ? 1 : 0]);
  return typeof value === "number" ? ulong(value) : Buffer.from(value ?? Buffer.alloc(0));
}

function ulong(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function fill(output: Buffer, result: Buffer): Buffer {
  result.copy(output);
  return output.subarray(0, result.length);
}
