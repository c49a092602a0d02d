import type * as pulumi from "@pulumi/pulumi";
import type { FileWrap } from "../provider/model/file-wrap";
import type { AwsKeyUsage, KeySpec } from "../provider/model/key-spec";
import type { AfterRotation, KeyVersion } from "../provider/model/key-versions";
import type { ProofMethod } from "../provider/model/ports/custodian";
import type { KmsKeyState } from "../provider/model/ports/kms";
import type { WrappingKeySpec } from "../provider/model/wrapping";
import type { AwsKmsGroup } from "./aws-kms-group";
import type { KeyRotationArgs } from "./key-rotation-args";
import type { PolicyInput } from "./policy-text";
import type { SourceGroup } from "./source-group";
import type { SourceKey } from "./source-key";

/** Key material that a token made. */
export interface AwsKmsKeySourceMaterial {
  /** The source key that is copied. Another one is a rotation, by a new KMS key. */
  source: SourceKey;
}

/**
 * Key material that somebody hands over in a file. It is never in clear outside the token, unless the file is; only the custodian, the process that holds
 * the token, reads it. Another content is a rotation, by a new KMS key.
 */
export interface AwsKmsKeyFileMaterial {
  /**
   * Path of the file, within the project or absolute. A file that was imported may be deleted: only an import of the same material (an expiry that changed, material
   * that was lost) asks for it again, unless the token keeps it. Errors: BYOK_MATERIAL_INVALID, BYOK_REFERENCE_UNRESOLVED, BYOK_REFERENCE_INVALID.
   */
  file: string;
  /** How the bytes stand in the file; of base64 and hex, white space is ignored. */
  encoding: "raw" | "base64" | "hex";
  /** Key type of the material: 32 bytes of AES_256, 28 to 64 bytes of HMAC, PKCS#8 (DER) of RSA and EC. */
  spec: KeySpec;
  /** The key under which the file is encrypted: a {@link SourceKey} with `operations: ["unwrap"]`. Absent: the file is in clear. */
  kek?: SourceKey;
  /**
   * How it is encrypted under `kek`. `AES_KWP` (RFC 5649; default of an AES key), `AES_KW` (RFC 3394; AES_256 and HMAC only), `RSA_AES_SHA256` (default of an RSA
   * key) and `RSA_AES_SHA1`: RSA-OAEP of an AES-256 key, followed by AES_KWP of the material under that (CKM_RSA_AES_KEY_WRAP). What the token cannot
   * do is found by a self-test and refused in preview.
   */
  wrap?: FileWrap;
  /** The source group whose token wraps the material for AWS; for a file in clear, which has no `kek`. */
  group?: SourceGroup;
  /**
   * True: the file is in clear, and so is the key for a moment in the memory of the computer that runs this. Required without `kek`. The file must
   * belong to the user or to root, and nobody else may read it.
   */
  allowPlaintext?: boolean;
  /**
   * True: the token keeps the material for good, so that it can be imported again without the file; it stays there when the resource goes. Default false: nothing
   * is kept.
   */
  keepInToken?: boolean;
}

/** Key material that AWS makes. Nobody else ever has it: it can neither be copied elsewhere nor be brought back once its KMS key is deleted. */
export interface AwsKmsKeyNativeMaterial {
  native: true;
  /** Default AES_256. */
  spec?: KeySpec;
}

/** Where the key material comes from. A change is a rotation. */
export type AwsKmsKeyMaterialArgs = AwsKmsKeySourceMaterial | AwsKmsKeyFileMaterial | AwsKmsKeyNativeMaterial;

/** Arguments of {@link AwsKmsKey}. */
export interface AwsKmsKeyArgs {
  /** Account and Region of the key. Another account or Region makes another key. */
  group: AwsKmsGroup;
  /** Where the key material comes from. */
  material: AwsKmsKeyMaterialArgs;
  /**
   * KeyUsage of CreateKey; it can never change. Default by key type: AES ENCRYPT_DECRYPT, RSA and EC SIGN_VERIFY, HMAC
   * GENERATE_VERIFY_MAC. RSA may also be ENCRYPT_DECRYPT; the NIST curves also KEY_AGREEMENT.
   */
  usage?: pulumi.Input<AwsKeyUsage>;
  /**
   * Aliases that point to the key, each beginning with `alias/` and not with `alias/aws/`; at most 50. Default: none. An alias that another
   * key holds is not taken from it. Errors: BYOK_AWS_ALREADY_EXISTS.
   */
  aliases?: pulumi.Input<pulumi.Input<string>[]>;
  /** At most 8192 characters. Default: a sentence that names the source key. */
  description?: pulumi.Input<string>;
  /** Key policy, as JSON text or as an object. Default: AWS's default key policy. Errors: BYOK_AWS_POLICY_REFUSED. */
  policy?: PolicyInput;
  /** Tags; names that begin with `byok:` or `aws:` are taken. Default: none. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** False: the key is disabled (DisableKey). Default true. */
  enabled?: pulumi.Input<boolean>;
  /**
   * When AWS deletes the imported material: an ISO 8601 date-time with a time zone, or a date, in the future, at most 365 days ahead. The key
   * is unusable from then on, until the same material is imported again. A change imports it again. Default: never.
   */
  validTo?: pulumi.Input<string>;
  /**
   * How long the material is valid from each import on, in days, `1d` to `365d`; instead of `validTo`, which is derived. The first `pulumi up` within
   * `renewBefore` of the expiry imports the same material again. Default: none.
   */
  keepValidFor?: pulumi.Input<string>;
  /** How long before the expiry `keepValidFor` renews it, in days, such as `30d`. Default: a tenth of `keepValidFor`. */
  renewBefore?: pulumi.Input<string>;
  /** From how many days before the expiry on every preview warns of it, 0 to 365. Default 30. */
  expiryWarningDays?: pulumi.Input<number>;
  /**
   * `deleted`: every material of the key is deleted (DeleteImportedKeyMaterial), at once; the key stays, and nothing that it encrypted can be read. `imported`
   * (default): the same material, and no other, is imported again; ARN, aliases and policy are the same as before. Deleting needs `confirm`.
   * Errors: BYOK_CONFIRM_REQUIRED.
   */
  materialState?: pulumi.Input<"imported" | "deleted">;
  /** The word that a preview of a destructive update names. It goes stale by itself; leave it out otherwise. */
  confirm?: pulumi.Input<string>;
  /**
   * Waiting period of ScheduleKeyDeletion when the resource is deleted, in days, 7 to 30. Default 30. With fewer days the delete is
   * refused until the environment confirms it: the refusal names the word for BYOK_CONFIRM. Errors: BYOK_CONFIRM_REQUIRED.
   */
  deletionWindowInDays?: pulumi.Input<number>;
  /**
   * True: when the source key is rotated, this copy takes the new version in the same `up`. False: it stays with the version that it
   * holds. Default true.
   */
  follow?: pulumi.Input<boolean>;
  /**
   * How the copy takes a new version. `new-key` (default): a new KMS key is made, and the aliases move to it once it holds the material and is
   * enabled; the ARN changes, the former one stays in `versions`. `in-place` (AES_256 only): the same KMS key gets the new material
   * (RotateKeyOnDemand), and the former one stays imported; AWS allows 25 such rotations a key.
   */
  rotationMode?: pulumi.Input<"new-key" | "in-place">;
  /**
   * What becomes of the former KMS key after a rotation with `new-key`. `keep` (default): nothing, it goes on decrypting. `disable`: it is disabled, once.
   * `scheduleDeletion`: it is disabled, and after `disableDays` its deletion is scheduled by the `up` that comes next, with AWS's longest waiting
   * period of 30 days. It counts for the rotations that happen while it is set.
   */
  afterRotation?: pulumi.Input<AfterRotation>;
  /**
   * Any text; another one than before rotates the key once, by its `rotationMode`: for material of AWS, and for material from a file, which then enters a new KMS key. A
   * copy of a source key is rotated with that. In place AWS_KMS material only. On a new key it is only remembered.
   */
  rotationTrigger?: pulumi.Input<string>;
  /**
   * When `pulumi up` has AWS make other material, for `material: { native: true }` only: a copy follows the `rotation` of its {@link SourceKey}. `every` is `90d` (days, to 3650) or `12mo` (calendar
   * months, to 120); `startAt` (ISO 8601 with a time zone, or a date) is the first rotation, one period after the schedule was written down by default. A moment that has passed makes the rotation due: the next preview shows
   * it, the next `up` does it by `rotationMode` and `afterRotation`, and however many moments were missed it is one rotation. A schedule that is new or changed counts from now on. While the key is disabled
   * (`enabled: false`) or scheduled for deletion the rotation stays due. AWS's own automatic rotation is not used. Default: the group's `template.rotation`, else none.
   */
  rotation?: pulumi.Input<KeyRotationArgs>;
  /** How long a former key is disabled before its deletion is scheduled, in days, 0 to 3650. Default 30. */
  disableDays?: pulumi.Input<number>;
  /**
   * True: callers that name an alias of this key are ready for its rotation by a new key, although signatures, MACs and ciphertext of the former key do
   * not verify or decrypt by that name any more. Needed to rotate an asymmetric or HMAC key that has aliases. Default false.
   */
  acknowledgeOldOutputs?: pulumi.Input<boolean>;
  /** WrappingKeySpec of GetParametersForImport. Default RSA_4096. */
  wrappingKeySpec?: pulumi.Input<WrappingKeySpec>;
  /**
   * True: a multi-Region key, which can have replicas in other Regions. AWS fixes that when the key is made, so it can never change. Default false.
   */
  multiRegion?: pulumi.Input<boolean>;
  /**
   * The replicas of a multi-Region key. Each gets the same material, imported in its own Region (AWS gives its own material to each itself); what one Region encrypts, every other decrypts. Aliases
   * are made, and move in a rotation, only once every Region holds the material. A replica that leaves the list loses its aliases and is scheduled
   * for deletion with `deletionWindowInDays`; with fewer than 30 days that needs `confirm`. Default: none.
   * Errors: BYOK_OWNED_BY_ANOTHER, BYOK_CONFIRM_REQUIRED.
   */
  replicas?: AwsKmsReplicaArgs[];
  /**
   * Region of the primary, the group's or that of a replica (UpdatePrimaryRegion). Replicas are made and rotations begin there, and AWS deletes it
   * last; the key is usable everywhere either way. Default: the group's Region.
   */
  primaryRegion?: pulumi.Input<string>;
  /**
   * Takes over a KMS key that exists: one that was made for imported material (Origin EXTERNAL) and has none, or holds this very material. Our
   * tags are written; what the arguments do not name stays as found. Grants that the key has must be listed by id. `undelete: true`
   * cancels the deletion of a key that is pending it. A multi-Region key is adopted by its primary's ARN, with `multiRegion` and all its `replicas`,
   * as it is in each Region. May be removed afterwards, never changed. Errors: BYOK_ADOPT_REFUSED.
   */
  adopt?: pulumi.Input<{
    arn: pulumi.Input<string>;
    grants?: pulumi.Input<pulumi.Input<string>[]>;
    undelete?: pulumi.Input<boolean>;
  }>;
}

/** A replica of a multi-Region key: the same key in another Region, with settings of its own. */
export interface AwsKmsReplicaArgs {
  /** Account and Region of the replica: the key's account, another Region of the same partition, one replica a Region. */
  group: AwsKmsGroup;
  /** Aliases in that Region. Default: none, or the one of the group's template. */
  aliases?: pulumi.Input<pulumi.Input<string>[]>;
  /** At most 8192 characters. Default: a sentence that names the source key. */
  description?: pulumi.Input<string>;
  /** Key policy of the replica, as JSON text or as an object. Default: AWS's default key policy, not the primary's. */
  policy?: PolicyInput;
  /** Tags of the replica. Default: none. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** False: the replica is disabled, and the key in the other Regions is not. Default true. */
  enabled?: pulumi.Input<boolean>;
  /** When AWS deletes the material of the replica, as for the key itself. Default: never. */
  validTo?: pulumi.Input<string>;
  /** How long the replica's material is valid from each import on, instead of `validTo`; renewed in the last tenth. Default: none. */
  keepValidFor?: pulumi.Input<string>;
}

/** A replica as it was last seen. */
export interface AwsKmsReplica {
  readonly region: string;
  readonly arn: string;
  readonly keyId: string;
  /** ARN of the key in the group's Region, which this one replicates. */
  readonly primaryArn: string;
  readonly keyState: KmsKeyState;
  readonly aliases: string[];
  readonly description: string;
  readonly policy: string;
  readonly tags: Record<string, string>;
  readonly enabled: boolean;
  /** When its material expires; absent where it does not. */
  readonly validTo?: string;
  readonly keepValidFor?: string;
  /** Shows that it holds the source key's material. */
  readonly proof?: KeyProof;
  readonly link?: KeyLink;
  /** ISO 8601. */
  readonly createdAt?: string;
  /** ISO 8601; when AWS deletes it, once that is scheduled. */
  readonly deletionDate?: string;
  /** Every version that it holds or held in its Region, oldest first. */
  readonly versions: KeyVersion[];
  /** Steps that are still due, in words. */
  readonly pending: string[];
  /** What it carries of its group, as JSON text. */
  readonly group: string;
  readonly owner: string;
}

/** Shows that the copy is the same key as its source. */
export interface KeyProof {
  /** Method and digest, such as `sha256:…`; the same as the source key's. */
  readonly fingerprint: string;
  /** Three bytes in hex, to compare by eye. */
  readonly checkValue: string;
  /** AWS's own id of the material, where AWS tells one. */
  readonly keyMaterialId?: string;
  /** The version of the source key. */
  readonly sourceVersion: number;
  /** ISO 8601. */
  readonly provedAt: string;
  readonly method: ProofMethod;
}

/** Who copied what, when and where to. */
export interface KeyLink {
  /** Name of the source key. */
  readonly source: string;
  /** `owner` of the source key. */
  readonly sourceOwner: string;
  readonly sourceVersion: number;
  /** ISO 8601. */
  readonly at: string;
  /** ARN of the caller that imported. */
  readonly by: string;
  /** Name of the AWS group. */
  readonly group: string;
}
