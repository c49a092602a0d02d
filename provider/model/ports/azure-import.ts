import type { AzureConnection } from "../azure-connection";
import type { AzureKeyOperation } from "../azure-key-type";
import type { KeySpec } from "../key-spec";
import type { SourceRules } from "../source-rules";
import type { Fingerprint, MaterialFile, VersionRef } from "./custodian";
import type { WrappingKeySize } from "./key-vault";

/** The key of a vault that receives material; it need not exist yet. */
export interface AzureTarget {
  readonly connection: AzureConnection;
  readonly keyName: string;
  /** Values of `config:` references in `connection`, by reference; they cross IPC only and are stored nowhere. */
  readonly configValues: Readonly<Record<string, string>>;
}

/** A wrapping key that this project made in the vault, and will use only as it was made. */
export interface PinnedWrappingKey {
  /** With its version. */
  readonly id: string;
  /** SHA-256 (hex) of SubjectPublicKeyInfo (DER). */
  readonly publicKeySha256: string;
}

/** The wrapping key of a group, as a state names it. The token decides whether it is one. */
export interface GroupWrappingKey extends PinnedWrappingKey {
  /** What marks the wrapping keys of the group, 32 hex digits. */
  readonly group: string;
  /** True: this very process saw the vault make it, so that the token may remember it. */
  readonly made: boolean;
  /** True: the token is recorded as one that stores data objects, and is not believed where it now seems to store none. */
  readonly remembers: boolean;
  /** Of the one that is made where the token does not know this one. */
  readonly bits: WrappingKeySize;
}

/** What a process remembers of the answers of vaults that made wrapping keys, which no state can tell it. */
export interface MadeWrappingKeys {
  add(key: PinnedWrappingKey): void;
  has(key: PinnedWrappingKey): boolean;
}

/** A wrapping key that was used, and who remembers that this project made it. */
export interface UsedWrappingKey extends PinnedWrappingKey {
  /** `token`; `state`, where the token stores no data objects; `import`: nobody, as it was made for one import and is gone. */
  readonly rememberedBy: "token" | "state" | "import";
}

/** Asks to import a version's material as a new version of a key of a vault. */
export interface AzureImportRequest extends VersionRef {
  readonly spec: KeySpec;
  /** Where the material comes from, unless the token made it. */
  readonly file?: MaterialFile;
  readonly rules: SourceRules;
  readonly target: AzureTarget;
  /** The group's, or one that is made for this import and removed after it. */
  readonly wrappingKey: GroupWrappingKey | { readonly bits: WrappingKeySize };
  readonly operations: readonly AzureKeyOperation[];
  readonly enabled: boolean;
  /** ISO 8601. */
  readonly notBefore?: string;
  /** ISO 8601. */
  readonly expiresOn?: string;
  /** All tags of the new version; by them an import whose answer was lost is found again. */
  readonly tags: Readonly<Record<string, string>>;
  /** Fingerprint (method, colon, digest) of what was imported before: anything else is refused before Azure is called. */
  readonly expectedFingerprint?: string;
  /** The pulumi name of the copy, for the link that the token remembers. */
  readonly copyName: string;
}

/** Asks to import a version's material in clear, as a software-protected key: Azure has no wrapped import for those. */
export type AzureClearImportRequest = Omit<AzureImportRequest, "wrappingKey">;

/**
 * How a version was shown to hold the source's material: `public-key` (Azure's equals the token's), `challenge` (a random block gives the same under
 * both; oct keys that may encrypt), `accepted` (the import was accepted, and nothing more could be asked).
 */
export type AzureProofMethod = "public-key" | "challenge" | "accepted";

/** What the custodian tells of an import. The ephemeral key and the blob never leave it. */
export interface AzureImportReceipt {
  /** Id of the new version. */
  readonly keyId: string;
  readonly fingerprint: Fingerprint;
  readonly checkValue: string;
  readonly importedAt: string;
  /** Object id of the caller that imported. */
  readonly importedBy: string;
  readonly proof: AzureProofMethod;
  readonly wrappingKey: UsedWrappingKey;
}

/** What the custodian tells of an import in clear. */
export type AzureClearImportReceipt = Omit<AzureImportReceipt, "wrappingKey">;

/** Asks for the `.byok` file of a version, which somebody imports by hand. */
export interface AzureExportRequest extends VersionRef {
  readonly spec: KeySpec;
  readonly rules: SourceRules;
  /** The vault in which the file can be imported, and the name of the key there. */
  readonly target: AzureTarget;
  readonly wrappingKey: GroupWrappingKey;
  /** Absolute path of the file to write. */
  readonly path: string;
  /** False: a file that is there stays as it is. */
  readonly overwrite: boolean;
  /** What the link that the token remembers is called. */
  readonly copyName: string;
}

/** What the custodian tells of a file that it wrote. */
export interface AzureExportReceipt {
  readonly fingerprint: Fingerprint;
  readonly checkValue: string;
  readonly exportedAt: string;
  /** Object id of the caller that read the wrapping key. */
  readonly exportedBy: string;
  /** The one that opens the file. */
  readonly wrappingKey: UsedWrappingKey;
}

/** Asks to show that a version of a key holds a version of a source key; nothing is sent. */
export interface AzureProveRequest extends VersionRef {
  readonly spec: KeySpec;
  readonly file?: MaterialFile;
  readonly rules: SourceRules;
  readonly target: AzureTarget;
  /** Id of the version. */
  readonly keyId: string;
}

/** What {@link AzureCustodianPort.proveInAzure} tells. */
export interface AzureProof {
  readonly fingerprint: Fingerprint;
  readonly checkValue: string;
  readonly provedAt: string;
  readonly proof: AzureProofMethod;
}

/** What the process that holds a token does towards Azure. */
export interface AzureCustodianPort {
  /**
   * One act: verify the target, decide the rules, check the wrapping key against what the token remembers, remember the copy, wrap, send, prove.
   *
   * @throws ByokError BYOK_TARGET_NOT_TRUSTED, BYOK_WRAPPING_KEY_UNKNOWN, BYOK_WRAP_REFUSED, BYOK_AZURE_*, BYOK_TOKEN_*, BYOK_KEY_*
   */
  importIntoAzure(request: AzureImportRequest): Promise<AzureImportReceipt>;
  /**
   * One act in a process of its own, which ends with it: verify the target, decide the rules, remember the copy, take the material out of the token, send it
   * in clear within TLS, prove. Only material that was made for this, or that a file has in clear.
   *
   * @throws ByokError BYOK_CLEAR_EXPORT_REFUSED, and what {@link importIntoAzure} raises
   */
  importInClear(request: AzureClearImportRequest): Promise<AzureClearImportReceipt>;
  /**
   * One act: verify the target, decide the rules, check the wrapping key likewise, remember the copy, wrap, write the file. Nothing is sent to the vault.
   *
   * @throws ByokError what {@link importIntoAzure} raises; BYOK_INPUT_INVALID where the file cannot be written
   */
  exportForAzure(request: AzureExportRequest): Promise<AzureExportReceipt>;
  /** @throws ByokError BYOK_KEY_DRIFTED where the version holds another key; what {@link importIntoAzure} raises */
  proveInAzure(request: AzureProveRequest): Promise<AzureProof>;
}
