import type { TokenIdentity } from "../model/token";

/**
 * The PKCS#11 functions that this package calls, in the form in which pkcs11js offers them. Tests put a fake behind it to show
 * what no software token shows: a locked PIN, a full token, a card that is pulled.
 *
 * Functions whose name ends in `Async` run on a thread of their own; no two may run in one session at a time.
 */
export interface Cryptoki {
  C_Initialize(options: { flags?: number; libraryParameters?: string }): void;
  C_Finalize(): void;
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): CryptokiTokenInfo;
  C_GetMechanismInfo(slot: Handle, mechanism: number): { minKeySize: number; maxKeySize: number; flags: number };
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_GetSessionInfo(session: Handle): { state: number };
  C_Login(session: Handle, userType: number, pin: string): void;
  C_CreateObject(session: Handle, template: Attribute[]): Handle;
  C_DestroyObject(session: Handle, object: Handle): void;
  C_GetAttributeValue(session: Handle, object: Handle, template: Attribute[]): { type: number; value: Buffer }[];
  C_SetAttributeValue(session: Handle, object: Handle, template: Attribute[]): void;
  C_FindObjectsInit(session: Handle, template: Attribute[]): void;
  C_FindObjects(session: Handle, maxObjectCount: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_DigestInit(session: Handle, mechanism: Mechanism): void;
  C_DigestUpdate(session: Handle, data: Buffer): void;
  C_DigestKey(session: Handle, key: Handle): void;
  C_DigestFinal(session: Handle, output: Buffer): Buffer;
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_SignAsync(session: Handle, data: Buffer, output: Buffer): Promise<Buffer>;
  C_GenerateKeyAsync(session: Handle, mechanism: Mechanism, template: Attribute[]): Promise<Handle>;
  C_GenerateKeyPairAsync(
    session: Handle,
    mechanism: Mechanism,
    publicTemplate: Attribute[],
    privateTemplate: Attribute[],
  ): Promise<{ publicKey: Handle; privateKey: Handle }>;
  C_WrapKeyAsync(
    session: Handle,
    mechanism: Mechanism,
    wrappingKey: Handle,
    key: Handle,
    output: Buffer,
  ): Promise<Buffer>;
  C_UnwrapKeyAsync(
    session: Handle,
    mechanism: Mechanism,
    unwrappingKey: Handle,
    wrappedKey: Buffer,
    template: Attribute[],
  ): Promise<Handle>;
}

/** A slot, session or object handle: a CK_ULONG in memory order. */
export type Handle = Buffer;

/** CK_ATTRIBUTE; without a value where one is asked for. */
export interface Attribute {
  type: number;
  value?: number | boolean | Buffer;
}

/** CK_MECHANISM. */
export interface Mechanism {
  mechanism: number;
  parameter?: OaepParameter;
}

/** CK_RSA_PKCS_OAEP_PARAMS as pkcs11js takes it. */
export interface OaepParameter {
  type: number;
  hashAlg: number;
  mgf: number;
  source: number;
}

/** The fields of CK_TOKEN_INFO that are read; texts are padded with blanks. */
export interface CryptokiTokenInfo {
  label: string;
  manufacturerID: string;
  model: string;
  serialNumber: string;
  flags: number;
  firmwareVersion: { major: number; minor: number };
}

/** A session that is checked out to one caller. */
export interface Session {
  readonly cryptoki: Cryptoki;
  readonly slot: Handle;
  /** The token that was connected to. */
  readonly identity: TokenIdentity;
  readonly handle: Handle;
  /** Has the session closed, and every object that lives in it destroyed, once the caller is done with it. */
  retire(): void;
}
