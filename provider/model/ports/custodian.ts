import type { AwsConnection } from "../aws-connection";
import type { AzureCustodianPort } from "./azure-import";
import type { KeptMaterialPort } from "./kept-material";
import type { FileEncoding, FileWrap } from "../file-wrap";
import type { KeySpec } from "../key-spec";
import type { SourceRules } from "../source-rules";
import type { TokenReport } from "../token";
import type { WrappingAlgorithm, WrappingKeySpec } from "../wrapping";

/** Names one version of a source key in its token. */
export interface VersionRef {
  /** Owner hash, 32 hex digits: who made the key (organisation, project, stack and URN). */
  readonly owner: string;
  /** 1 for the first version. */
  readonly version: number;
}

/** A value that tells keys apart and tells nothing about the key. */
export interface Fingerprint {
  /** `sha256`: digest inside the token; `mac`: MAC of a constant; `spki`: digest of the public key. */
  readonly method: "sha256" | "mac" | "spki";
  /** 64 hex digits. */
  readonly value: string;
}

/** One version of a source key, as the token holds it. */
export interface SourceVersion extends VersionRef {
  /** CKA_ID, 32 hex digits. */
  readonly id: string;
  /** The name for people that stands in CKA_LABEL. */
  readonly name: string;
  readonly spec: KeySpec;
  readonly fingerprint: Fingerprint;
  /** Three bytes in hex, to compare by eye. */
  readonly checkValue: string;
  /** False once the version was closed: it can never be wrapped again. */
  readonly exportable: boolean;
  /** SubjectPublicKeyInfo (DER, base64) of an asymmetric key. */
  readonly publicKey?: string;
}

/** What the token tells of a version without computing anything with its key. */
export type SurveyedVersion = Pick<SourceVersion, "owner" | "version" | "name" | "spec" | "exportable">;

/** A key in a cloud that a version was copied to, remembered in the token. */
export interface CopyLink extends VersionRef {
  /** Of a key in Azure: its id without a version, `https://VAULT/keys/NAME`. */
  readonly arn: string;
  /** The pulumi name of the copy. */
  readonly copyName: string;
  /** ISO 8601. */
  readonly copiedAt: string;
  /** Caller ARN; in Azure the object id of the caller. */
  readonly copiedBy: string;
  /** ISO 8601; set once deletion of the copy was scheduled. Until then the copy may need its material again. */
  readonly deletionDate?: string;
  /** ISO 8601; the date of a deletion that is being taken back: set until the copy is as it is to be afterwards. */
  readonly returning?: string;
}

/** Asks for a new version. It is idempotent: an existing version of that owner, number and spec is returned. */
export interface GenerateRequest extends VersionRef {
  readonly name: string;
  readonly spec: KeySpec;
  /** True: a key-encryption key, which unwraps files and is never copied. */
  readonly unwraps?: boolean;
}

/** Material in a file, instead of a key of the token. The file is read by the custodian alone. */
export interface MaterialFile {
  readonly path: string;
  readonly encoding: FileEncoding;
  /** The source key under which the file is encrypted, by its newest version; absent: the file is in clear. */
  readonly kek?: VersionRef;
  readonly wrap?: FileWrap;
  /** The name under which the token keeps the material as a version of its own; absent: it keeps nothing. */
  readonly keptAs?: string;
}

/** Asks to import a version's material into a KMS key that exists already. */
export interface ImportRequest extends VersionRef {
  readonly spec: KeySpec;
  /** Where the material comes from, unless the token made it. */
  readonly file?: MaterialFile;
  readonly rules: SourceRules;
  readonly target: AwsTarget;
  readonly wrappingAlgorithm: WrappingAlgorithm;
  readonly wrappingKeySpec: WrappingKeySpec;
  /** ISO 8601; absent: the material does not expire. */
  readonly validTo?: string;
  /** True when this very key held this material before (ImportType EXISTING_KEY_MATERIAL where AWS takes it). */
  readonly existing: boolean;
  /**
   * True to add the version to a symmetric key that holds others (ImportType NEW_KEY_MATERIAL); it waits for a rotation then.
   * The material is described by {@link materialDescription}.
   */
  readonly additional?: boolean;
  /** True to describe an existing material the same way: that of a replica, which an additional one of its primary was imported into. */
  readonly described?: boolean;
  /** KeyMaterialId that this version has in the key, where that is known: any other answer means another material. */
  readonly expectedKeyMaterialId?: string;
  /** Fingerprint (method, colon, digest) of what was imported before: anything else is refused before AWS is called. */
  readonly expectedFingerprint?: string;
  /** The pulumi name of the copy, for the link that the token remembers. */
  readonly copyName: string;
}

/** What the token is asked to show with throw-away keys. */
export interface UnwrapQuestion {
  readonly spec: KeySpec;
  readonly wrap: FileWrap;
  /** Also that the token can keep the material. */
  readonly kept: boolean;
}

/** The KMS key that receives material. */
export interface AwsTarget {
  readonly connection: AwsConnection & { readonly account: string };
  readonly keyArn: string;
  /** Values of `config:` references in `connection`, by reference; they cross IPC only and are stored nowhere. */
  readonly configValues: Readonly<Record<string, string>>;
}

/** What the custodian tells of an import. Wrapping key, import token and blob never leave it. */
export interface ImportReceipt {
  /** KeyMaterialId that KMS answered, 64 hex digits; absent where the service does not tell one. */
  readonly keyMaterialId?: string;
  readonly fingerprint: Fingerprint;
  readonly checkValue: string;
  readonly importedAt: string;
  /** ARN of the caller that imported. */
  readonly importedBy: string;
  /** How sameness was shown: see {@link ProofMethod}. */
  readonly proof: ProofMethod;
}

/**
 * How the copy was shown to hold the source's material: `key-material-id` (AWS computes it from key and material; a fresh wrap
 * returns the same), `public-key` (GetPublicKey equals the token's), `mac` (GenerateMac equals C_Sign), `accepted` (the import
 * was accepted by a key that was disabled, so that nothing more could be asked of it).
 */
export type ProofMethod = "key-material-id" | "public-key" | "mac" | "accepted";

/** Asks to show that a target holds a version: public key or MAC; symmetric keys by a fresh import of the same material. */
export type ProveRequest = ImportRequest;

/**
 * The process that holds a token. It speaks operations on keys, never PKCS#11, and never wraps under a key that somebody
 * hands it: it fetches the wrapping key itself over a connection that it verified, and decides the group's rules before each wrap.
 *
 * Every method raises `ByokError`: BYOK_TOKEN_* for the token, BYOK_KEY_* for keys, BYOK_TARGET_NOT_TRUSTED and
 * BYOK_WRAP_REFUSED for rules, BYOK_AWS_* for the cloud, BYOK_CUSTODIAN_FAILED when the process died.
 */
export interface CustodianPort extends AzureCustodianPort, KeptMaterialPort {
  /** Logs in, probes (once per process) and tells what the token is and can do. */
  connect(): Promise<TokenReport>;
  /** Versions that pulumi-byok made in this token: all, or those of one owner, lowest version first. */
  list(owner?: string): Promise<readonly SourceVersion[]>;
  /**
   * Every version that pulumi-byok made in this token, in the order of {@link list}. What other processes wrote in the last seconds
   * may not show yet: it serves to refuse early, and never decides that a key is made, copied or destroyed.
   */
  survey(): Promise<readonly SurveyedVersion[]>;
  generate(request: GenerateRequest): Promise<SourceVersion>;
  /** Rewrites the name in the labels of all versions of an owner. */
  rename(owner: string, name: string): Promise<void>;
  importInto(request: ImportRequest): Promise<ImportReceipt>;
  prove(request: ProveRequest): Promise<ImportReceipt>;
  /**
   * Reads a file and looks whether it can be material of the type, without the token and without its PIN.
   *
   * @returns a digest that tells whether the content is another one than before
   * @throws ByokError BYOK_MATERIAL_INVALID, BYOK_REFERENCE_UNRESOLVED, BYOK_REFERENCE_INVALID
   */
  inspectFile(file: MaterialFile, spec: KeySpec): Promise<string>;
  /**
   * Takes the material of a file in and tells its fingerprint, so that a file that was encrypted anew is known as the same key.
   *
   * @throws ByokError BYOK_MATERIAL_INVALID, and what {@link inspectFile} raises
   */
  fingerprintFile(file: MaterialFile, spec: KeySpec, lab: boolean): Promise<Fingerprint>;
  /** Why the token cannot take in material of a type that is encrypted in a way, or undefined; see {@link TokenPort.unwrapRefusal}. */
  unwrapRefusal(question: UnwrapQuestion): Promise<string | undefined>;
  /** Sets CKA_EXTRACTABLE=false for ever. */
  close(version: VersionRef): Promise<SourceVersion>;
  /** Destroys the version. Refused with BYOK_KEY_HAS_COPIES while a remembered copy may still need it. */
  destroy(version: VersionRef): Promise<void>;
  /**
   * Remembers in the token that a resource has an owner's key from now on: 32 hex digits that only its state knows. The record that a replacement leaves
   * behind then knows another one. A token that stores no data objects remembers nothing.
   */
  claim(owner: string, claim: string): Promise<void>;
  /** The last {@link claim} of an owner's key, or undefined where none is remembered. */
  claimant(owner: string): Promise<string | undefined>;
  /** Versions of an owner that are imported into no further key; see {@link setDeactivated}. */
  deactivated(owner: string): Promise<readonly number[]>;
  /**
   * Deactivates exactly these versions of an owner, and no others: from then on each is imported again into keys that the token knows to hold it, and refused with
   * BYOK_KEY_DEACTIVATED for any other. Nothing is lost by it, and it can be taken back.
   *
   * @throws ByokError BYOK_TOKEN_UNSUPPORTED where the token stores no data objects
   */
  setDeactivated(owner: string, versions: readonly number[]): Promise<void>;
  /**
   * Copies that the token remembers for an owner; empty where the token stores no links.
   *
   * @param options - `recent`: as they were a few seconds ago at most, read once for all who ask meanwhile: a refresh asks for each of hundreds of keys. Not for what decides about a key
   */
  links(owner: string, options?: { readonly recent?: boolean }): Promise<readonly CopyLink[]>;
  /** Remembers when a copy will be gone (or, without a date, that it is gone now). */
  noteDeletion(version: VersionRef, arn: string, deletionDate?: string): Promise<void>;
  /** Takes the date of {@link noteDeletion} back: the copy stays, and may need its material again. */
  noteRevival(version: VersionRef, arn: string): Promise<void>;
  /** Remembers that a deletion of this date is being taken back (or, without a date, that this is done). A new deletion date ends it as well. */
  noteReturning(version: VersionRef, arn: string, deletionDate?: string): Promise<void>;
}
