import * as pulumi from "@pulumi/pulumi";
import type { AfterAzureRotation, AzureKeyVersion, AzureMaterialOrigin } from "../provider/model/azure-key-versions";
import type { AzureKeyOperation, AzureProtection } from "../provider/model/azure-key-type";
import type { AzureRotation } from "../provider/model/azure-rotation";
import type { KeySpec } from "../provider/model/key-spec";
import type { AzureProofMethod, PinnedWrappingKey, UsedWrappingKey } from "../provider/model/ports/azure-import";
import type { AwsKmsKeyFileMaterial, AwsKmsKeySourceMaterial } from "./aws-kms-key-args";
import { AzureKeyVaultGroup } from "./azure-key-vault-group";
import { CarriedResource } from "./carried-resource";
import { requireArgs, propertyOf, wrongResource } from "./misuse";
import type { SourceKey } from "./source-key";
import { unpackedMaterial } from "./unpacked-material";

/** Azure makes the material, and nobody else ever has it. */
export interface AzureNativeMaterial {
  native: true;
  /** Key type; RSA, EC, or on a Managed HSM AES_256. */
  spec: pulumi.Input<KeySpec>;
}

/**
 * Key material that somebody wrapped elsewhere, such as with the tools of another HSM, for the wrapping key of the group
 * ({@link AzureWrappingKey.publicKeyPem}). No token has to do with it. Another content of the file is a rotation, also where it holds the same key.
 */
export interface AzureByokMaterial {
  /**
   * Path of a `.byok` file (Azure's BYOK specification, schema_version 1.0.0), within the project or absolute, at most 64 KiB. Whoever knows the wrapping key's
   * public key can make such a file, so guard it as you guard the program, or name `publicKey`. A file that was imported may be deleted: only an import of it
   * (`rotationTrigger`, a version that is gone) asks for it again. Needs `protection: "hsm"` and a group with `kek.lifetime: "group"`.
   * Errors: BYOK_MATERIAL_INVALID, BYOK_REFERENCE_UNRESOLVED, BYOK_WRAP_REFUSED.
   */
  byok: string;
  /** Key type of the material; the file does not tell it. RSA, EC, or on a Managed HSM AES_256. */
  spec: KeySpec;
  /**
   * Path of a PEM file with the public key that the material has to have; of RSA and EC keys. Nobody can look into the file before Azure's hardware does, so each
   * version stays disabled until its public key was compared; one that has another public key stays so. Default: nothing is compared, and `proof` says so.
   * Errors: BYOK_COPY_DIFFERS.
   */
  publicKey?: string;
}

/** Where the key material comes from. Another origin than before is a rotation. */
export type AzureKeyMaterialArgs =
  AwsKmsKeySourceMaterial | AwsKmsKeyFileMaterial | AzureByokMaterial | AzureNativeMaterial;

/** Arguments of {@link AzureKey}. */
export interface AzureKeyArgs {
  /** The vault. Another vault makes another key and soft-deletes this one. */
  group: AzureKeyVaultGroup;
  /**
   * Name of the key in the vault: 1 to 127 letters, digits and hyphens. Another name makes another key and soft-deletes this one. Default: the
   * template's `namePrefix` and the name in the program. Errors: BYOK_OWNED_BY_ANOTHER, BYOK_AZURE_NAME_TAKEN.
   */
  name?: pulumi.Input<string>;
  /** Where the material comes from. */
  material: AzureKeyMaterialArgs;
  /**
   * `hsm`: wrapped in the token under a wrapping key of the vault, unwrapped in its hardware. `software` (standard and premium vaults): for material that Azure makes
   * (`native`), and for material of yours only in clear, see `allowPlaintext`. It cannot change. Default `hsm`.
   */
  protection?: pulumi.Input<AzureProtection>;
  /**
   * True: material of yours may travel to Azure in clear, within TLS, which `protection: "software"` needs, as Azure has no wrapped import for it. The source key has to
   * be one with `plaintextExport: true`; or the material is a file in clear. A process of its own sends it and ends. Default false.
   * Errors: BYOK_CLEAR_EXPORT_REFUSED.
   */
  allowPlaintext?: pulumi.Input<boolean>;
  /** What callers may do with the key. Default: all that its type can. */
  operations?: pulumi.Input<pulumi.Input<AzureKeyOperation>[]>;
  /** Date or date-time before which only decrypt, unwrapKey and verify work. Default: none. */
  notBefore?: pulumi.Input<string>;
  /**
   * Date or date-time from which on only decrypt, unwrapKey and verify work, at most 2038-01-19T03:14:07Z. It is given to each version when it is made, and to
   * the newest when it changes. Default: none.
   */
  expiresOn?: pulumi.Input<string>;
  /** At most 11; a version carries them besides ours. Keys that start with `byok:` are refused. Default: none. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** False: every version is disabled. Versions that were disabled for another reason stay so when it is true again. Default true. */
  enabled?: pulumi.Input<boolean>;
  /** False: the copy stays with its version when its source is rotated. Default true. */
  follow?: pulumi.Input<boolean>;
  /** What becomes of a version once a newer one is there: `keep` or `disable`, with which it can decrypt no more. Default `keep`. */
  afterRotation?: pulumi.Input<AfterAzureRotation>;
  /**
   * When Azure makes a version by itself, of a key whose material Azure makes (`native`). Removed from the program, the policy is taken away. Needs the key
   * permissions getrotationpolicy and setrotationpolicy. Default: none, and a policy that somebody else set is left alone.
   */
  rotation?: pulumi.Input<AzureRotationArgs>;
  /** Any text; another one than before makes a new version of a key whose material comes from a file or from Azure. */
  rotationTrigger?: pulumi.Input<string>;
  /**
   * What a removal does besides the soft delete. `purge: true` purges the key at once, so that it can never be recovered; each such removal asks for
   * BYOK_CONFIRM, and a vault with purge protection refuses it. Default: soft delete, purged by Azure after the retention. Errors: BYOK_CONFIRM_REQUIRED,
   * BYOK_AZURE_PURGE_PROTECTED.
   */
  deletion?: pulumi.Input<{ purge?: pulumi.Input<boolean> }>;
  /**
   * Takes over a version that exists, by its id; what the program does not name stays as it is. `recover: true` also recovers a soft-deleted key. It may be
   * removed afterwards, not changed. Errors: BYOK_ADOPT_REFUSED.
   */
  adopt?: pulumi.Input<{ id: pulumi.Input<string>; recover?: pulumi.Input<boolean> }>;
  /**
   * Where this key is made and its name is free (it was purged, or never there), it is restored from this backup with all its versions, and then set right: a newer
   * source version is imported on top. A file that does not exist is no backup, and the preview says so. It has to be a backup of this very resource, made in the
   * same subscription and geography. `blob`: base64; pass a secret. Errors: BYOK_BACKUP_REFUSED.
   */
  backup?: pulumi.Input<{ file?: pulumi.Input<string>; blob?: pulumi.Input<string> }>;
}

/** Azure's rotation policy of a key, in days (`90d`) or months (`12mo`, of 30 days each where periods are compared). */
export interface AzureRotationArgs {
  /** How long after a version Azure makes the next one: at least 7 days in a vault, 28 in a Managed HSM. Default: none is made. */
  rotateAfter?: pulumi.Input<string>;
  /** How long a version that is made from now on is valid: at least 28 days, and 7 more than `rotateAfter`. Default: for ever. */
  expiresAfter?: pulumi.Input<string>;
  /** How long before the expiry of a version Event Grid tells: at least 7 days; not on a Managed HSM. Default: what Azure has. */
  notifyBefore?: pulumi.Input<string>;
}

/**
 * Shows that the newest version is the same key as the source version. Of a `.byok` file no token has the key: its public key was compared with the one that the
 * program names (`public-key`), or nothing was (`not compared`).
 */
export interface AzureKeyProof {
  readonly method: AzureProofMethod | "not compared";
  /** Method, colon, digest; absent of a `.byok` file. */
  readonly fingerprint?: string;
  /** Three bytes in hex, to compare by eye; absent of a `.byok` file. */
  readonly checkValue?: string;
  /** SHA-256 (hex) of the public key that was compared (SubjectPublicKeyInfo, DER); of a `.byok` file. */
  readonly publicKeySha256?: string;
  /** Id of the version that was asked. */
  readonly versionId: string;
  /** Absent of a `.byok` file. */
  readonly sourceVersion?: number;
  /** ISO 8601; absent where nothing was compared. */
  readonly provedAt?: string;
}

/** Where the material of a copy came from, when, and by whose hand. */
export interface AzureKeyLink {
  /** Name of the source key, or the file. */
  readonly source: string;
  /** Owner hash of the source key. */
  readonly sourceOwner: string;
  readonly sourceVersion: number;
  /** ISO 8601. */
  readonly at: string;
  /** Object id of the caller; absent where an import of an earlier run was only found and proven. */
  readonly by?: string;
  /** Name of the group. */
  readonly group: string;
}

/** How the material travelled: under a wrapping key of the vault, or in clear. */
export type AzureWrapping =
  | {
      /** As the `.byok` file names it. */
      readonly algorithm: "CKM_RSA_AES_KEY_WRAP";
      /** `rememberedBy` is absent of a `.byok` file, which no token wrapped, and of material that an earlier version of this package imported. */
      readonly wrappingKey: PinnedWrappingKey & Partial<Pick<UsedWrappingKey, "rememberedBy">>;
      readonly attestation: "not verified";
      /** True: of a `.byok` file, which was not made here. */
      readonly wrappedElsewhere?: true;
    }
  | { readonly algorithm: "none"; readonly inClear: true };

const outputs = [
  ...([
    "keyId",
    "versionId",
    "keyState",
    "kty",
    "publicKey",
    "createdOn",
    "recoveryLevel",
    "scheduledPurgeDate",
  ] as const),
  ...(["proof", "link", "wrapping", "versions", "pending"] as const),
] as const;
const derived = [
  "versionOffset",
  "materialDigest",
  "materialIdentity",
  "adopted",
  "wrappingKey",
  "expiryByPolicy",
  "expectedPublicKeySha256",
] as const;
const texts = ["proof", "link", "wrapping", "versions"] as const;
const defaulted = [
  ...(["name", "protection", "operations", "tags", "enabled", "notBefore", "expiresOn", "rotation"] as const),
  ...(["vaultUrl", "tenantId", "owner", "spec", "version"] as const),
] as const;

/**
 * A key of a Key Vault or Managed HSM, with a version for each version of its material. Material of a source key or a file is wrapped in the token under
 * a wrapping key of the vault, and imported by Azure; the public keys are compared afterwards (of an AES key, a challenge).
 *
 * `pulumi destroy` soft-deletes the key with all its versions; until Azure purges it, it can be recovered, and the same program recovers it.
 *
 * Permissions: key permissions get, list, create (native keys and wrapping keys), import, update, delete, recover; encrypt for the proof of an AES key; purge
 * for `deletion.purge`; restore for `backup`; getrotationpolicy and
 * setrotationpolicy for `rotation`.
 *
 * @example
 * ```ts
 * new byok.AzureKey("signing", { group: vault, material: { source: signing }, protection: "hsm", expiresOn: "2027-12-31" });
 * ```
 */
export class AzureKey extends CarriedResource {
  /** `https://HOST/keys/NAME`, which stands for the newest version. */
  declare public readonly keyId: pulumi.Output<string>;
  /** `https://HOST/keys/NAME/VERSION` of the newest version. */
  declare public readonly versionId: pulumi.Output<string>;
  /** `Deleted` while the key is soft-deleted, `Destroyed` once Azure has purged it at its date. */
  declare public readonly keyState: pulumi.Output<"Enabled" | "Disabled" | "Deleted" | "Destroyed" | "Missing">;
  /** `RSA`, `RSA-HSM`, `EC`, `EC-HSM`, `oct-HSM`. */
  declare public readonly kty: pulumi.Output<string>;
  /** PEM; absent of an AES key. */
  declare public readonly publicKey: pulumi.Output<string | undefined>;
  /** ISO 8601; of the newest version. */
  declare public readonly createdOn: pulumi.Output<string>;
  /** As Azure names it, such as `Recoverable+Purgeable`. */
  declare public readonly recoveryLevel: pulumi.Output<string>;
  /** ISO 8601; when Azure purges the key. Absent while it is not deleted. */
  declare public readonly scheduledPurgeDate: pulumi.Output<string | undefined>;
  /** Shows that the copy is the same key, or that nothing was compared; absent of a key that Azure made. */
  declare public readonly proof: pulumi.Output<AzureKeyProof | undefined>;
  /** Source key, version, time and caller of the copy; absent of a `.byok` file. */
  declare public readonly link: pulumi.Output<AzureKeyLink | undefined>;
  /** How the material travelled. */
  declare public readonly wrapping: pulumi.Output<AzureWrapping | undefined>;
  /** Every version that this resource made, oldest first. */
  declare public readonly versions: pulumi.Output<AzureKeyVersion[]>;
  /** Steps that are still due, in words; empty when all is done. */
  declare public readonly pending: pulumi.Output<string[]>;
  /** Name in the vault. */
  declare public readonly name: pulumi.Output<string>;
  /** As in the arguments; `hsm` by default. */
  declare public readonly protection: pulumi.Output<AzureProtection>;
  /** As last seen. */
  declare public readonly operations: pulumi.Output<AzureKeyOperation[]>;
  /** Without those that this package writes, as last seen. */
  declare public readonly tags: pulumi.Output<Record<string, string>>;
  /** False while the newest version is disabled. */
  declare public readonly enabled: pulumi.Output<boolean>;
  /** Of the newest version, as last seen. */
  declare public readonly notBefore: pulumi.Output<string | undefined>;
  /** Of the newest version, as last seen; absent where a rotation policy sets it, which `versions` tells. */
  declare public readonly expiresOn: pulumi.Output<string | undefined>;
  /** As last seen; absent where this resource keeps none. */
  declare public readonly rotation: pulumi.Output<AzureRotation | undefined>;
  /** The vault. */
  declare public readonly vaultUrl: pulumi.Output<string>;
  /** The tenant. */
  declare public readonly tenantId: pulumi.Output<string>;
  /** Hash of organisation, URN and vault, 32 hex digits; each version carries it as the tag `byok:owner`. */
  declare public readonly owner: pulumi.Output<string>;
  /** Key type of the material. */
  declare public readonly spec: pulumi.Output<KeySpec>;
  /** Version of the key; of a copy that of its source, until its material changes or is rotated without it. */
  declare public readonly version: pulumi.Output<number>;

  readonly #group: AzureKeyVaultGroup;
  readonly #origin: AzureMaterialOrigin;
  readonly #source: SourceKey | undefined;
  readonly #deletion: AzureKeyArgs["deletion"];

  /**
   * @param name - name of the resource in the program; the source's token remembers it as the copy's name.
   * @param args - place, material and settings of the key.
   * @param opts - Pulumi's options for any resource.
   */
  constructor(name: string, args: AzureKeyArgs, opts?: pulumi.CustomResourceOptions) {
    const group = propertyOf(requireArgs("AzureKey", name, args), "group");
    if (!(group instanceof AzureKeyVaultGroup))
      throw wrongResource("AzureKey", name, "group", "AzureKeyVaultGroup", group);
    const unpacked: pulumi.Inputs = {
      group: group.carried,
      material: unpackedMaterial("AzureKey", name, args.material),
      wrappingKey: pinOf(group),
    };
    super("AzureKey", name, { args, unpacked, defaulted, outputs, derived, texts }, opts);
    this.#group = group;
    this.#source = "source" in args.material ? args.material.source : undefined;
    this.#deletion = args.deletion;
    this.#origin = "source" in args.material ? "HSM" : "native" in args.material ? "AZURE" : "EXTERNAL";
  }

  /** Where the key material comes from: a token (`HSM`), a file (`EXTERNAL`) or Azure (`AZURE`). */
  get origin(): pulumi.Output<AzureMaterialOrigin> {
    return pulumi.output(this.#origin);
  }

  /**
   * What a deletion schedule or a backup carries of its key.
   * @internal
   */
  get record(): pulumi.Inputs {
    return {
      name: this.resourceName,
      keyName: this.name,
      lineage: this.id,
      owner: this.owner,
      version: this.version,
      spec: this.spec,
      protection: this.protection,
      group: this.#group.record,
      ...(this.#source === undefined ? {} : { source: this.#source.record }),
      ...(this.#deletion === undefined ? {} : { deletion: this.#deletion }),
    };
  }
}

/** The pin of the group's wrapping key, as one text; nothing where the group keeps none. */
const pinOf = (group: AzureKeyVaultGroup): pulumi.Output<string | undefined> =>
  group.wrappingKey.apply((pin) =>
    pin === undefined ? undefined : JSON.stringify({ id: pin.id, publicKeySha256: pin.publicKeySha256 }),
  );
