import * as pulumi from "@pulumi/pulumi";
import type { FileWrap } from "../provider/model/file-wrap";
import type { AwsKeyUsage, KeySpec } from "../provider/model/key-spec";
import type { AfterRotation, KeyVersion, MaterialOrigin } from "../provider/model/key-versions";
import type { ProofMethod } from "../provider/model/ports/custodian";
import type { KmsKeyState } from "../provider/model/ports/kms";
import type { Wrapping, WrappingKeySpec } from "../provider/model/wrapping";
import { AwsKmsGroup } from "./aws-kms-group";
import { CarriedResource } from "./carried-resource";
import { policyText, type PolicyInput } from "./policy-text";
import { unpackedMaterial } from "./unpacked-material";
import { misuse, propertyOf, requireArgs, wrongResource } from "./misuse";
import type { SourceGroup } from "./source-group";
import type { SourceKey } from "./source-key";
import { whereKnown } from "./where-known";

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
   * When AWS deletes the imported material: an ISO 8601 date-time in the future, at most 365 days ahead. The key
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
   * The replicas of a multi-Region key. Each gets the same material, imported in its own Region; what one Region encrypts, every other decrypts. Aliases
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
   * cancels the deletion of a key that is pending it. May be removed
   * afterwards, never changed. Errors: BYOK_ADOPT_REFUSED.
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

const outputs = [
  "arn",
  "keyId",
  "keyState",
  "proof",
  "link",
  "wrapping",
  "createdAt",
  "deletionDate",
  "pending",
  "account",
  "region",
  "version",
  "spec",
  "owner",
  "adopted",
  "versions",
] as const;

/** Derived by the provider; a program cannot set them. */
const derived = ["versionOffset", "materialDigest", "materialIdentity"] as const;
/** Outputs that are one JSON text in the state. */
const texts = ["proof", "link", "wrapping", "versions"] as const;

const defaulted = [
  "usage",
  "aliases",
  "description",
  "policy",
  "tags",
  "enabled",
  "validTo",
  "deletionWindowInDays",
  "wrappingKeySpec",
] as const;

/**
 * A KMS key: a copy of a source key, whose material is wrapped in the token and imported by AWS and is in clear nowhere in between; or material that somebody
 * hands over in a file; or material that AWS makes.
 *
 * `pulumi destroy` schedules deletion with the waiting period; until its end the deletion can be cancelled. Of a multi-Region key the replicas are
 * scheduled first, and the primary's days count once AWS has deleted the last of them.
 *
 * Permissions: kms:CreateKey, kms:TagResource, kms:UntagResource, kms:DescribeKey, kms:GetKeyPolicy, kms:PutKeyPolicy,
 * kms:ListResourceTags, kms:ListAliases, kms:ListGrants, kms:ListKeys, kms:CreateAlias, kms:DeleteAlias,
 * kms:UpdateKeyDescription, kms:EnableKey, kms:DisableKey, kms:GetParametersForImport, kms:ImportKeyMaterial, kms:GetPublicKey
 * and kms:GenerateMac (proof of asymmetric and HMAC keys), kms:ScheduleKeyDeletion; for rotations kms:UpdateAlias, and in place
 * kms:ListKeyRotations and kms:RotateKeyOnDemand; kms:DeleteImportedKeyMaterial for `materialState`, kms:CancelKeyDeletion for `undelete`; for
 * `multiRegion` kms:ReplicateKey and kms:UpdatePrimaryRegion, in the Region of each replica kms:CreateKey, and iam:CreateServiceLinkedRole for the first
 * multi-Region key of an account; optional: tag:GetResources.
 *
 * @example
 * ```ts
 * const key = new byok.AwsKmsKey("payments", {
 *   group: frankfurt,
 *   material: { source: master },
 *   aliases: ["alias/payments"],
 *   tags: { team: "ledger" },
 * });
 * export const arn = key.arn;
 * ```
 */
export class AwsKmsKey extends CarriedResource {
  /** ARN of the KMS key. */
  declare public readonly arn: pulumi.Output<string>;
  /** Key id of the KMS key. */
  declare public readonly keyId: pulumi.Output<string>;
  /** KeyState of DescribeKey, as last seen; `Destroyed` once its schedule has deleted the key. */
  declare public readonly keyState: pulumi.Output<KmsKeyState | "Destroyed">;
  /** Shows that the copy is the same key; absent of an adopted key that could not be asked without importing into it. */
  declare public readonly proof: pulumi.Output<KeyProof | undefined>;
  /** Source key, version, time, caller and group of the copy. */
  declare public readonly link: pulumi.Output<KeyLink | undefined>;
  /** How the material travelled. */
  declare public readonly wrapping: pulumi.Output<Wrapping | undefined>;
  /** ISO 8601. */
  declare public readonly createdAt: pulumi.Output<string>;
  /** ISO 8601; when AWS deletes the key, once that is scheduled. */
  declare public readonly deletionDate: pulumi.Output<string | undefined>;
  /** Steps that are still due, in words; empty when all is done. */
  declare public readonly pending: pulumi.Output<string[]>;
  /** Account of the key, 12 digits. */
  declare public readonly account: pulumi.Output<string>;
  /** Region of the key. */
  declare public readonly region: pulumi.Output<string>;
  /** Hash of organisation, URN, account and Region, 32 hex digits; the KMS key carries it as the tag `byok:owner`. */
  declare public readonly owner: pulumi.Output<string>;
  /** Key type of the material. */
  declare public readonly spec: pulumi.Output<KeySpec>;
  /**
   * Version of the key. Of a copy it is that of its source key, until the material changes or is rotated without it: then it counts on, and `proof.sourceVersion`
   * tells the source's.
   */
  declare public readonly version: pulumi.Output<number>;
  /** Every version that this resource holds or held, oldest first: its KMS key, its KeyMaterialId, and what became of it. */
  declare public readonly versions: pulumi.Output<KeyVersion[]>;
  /** KeyUsage. */
  declare public readonly usage: pulumi.Output<AwsKeyUsage>;
  /** Aliases, as last seen. */
  declare public readonly aliases: pulumi.Output<string[]>;
  /** Description, as last seen. */
  declare public readonly description: pulumi.Output<string>;
  /** Key policy as JSON text, as last seen. */
  declare public readonly policy: pulumi.Output<string>;
  /** Tags without those that this package writes, as last seen. */
  declare public readonly tags: pulumi.Output<Record<string, string>>;
  /** False while the key is disabled. */
  declare public readonly enabled: pulumi.Output<boolean>;
  /** When the material expires; absent where it does not. */
  declare public readonly validTo: pulumi.Output<string | undefined>;
  /** As in the arguments; 30 by default. */
  declare public readonly deletionWindowInDays: pulumi.Output<number>;
  /** As in the arguments; RSA_4096 by default. */
  declare public readonly wrappingKeySpec: pulumi.Output<WrappingKeySpec>;
  /** The replicas, as last seen, in the order of the arguments; absent where the arguments name none. */
  declare public readonly replicas?: pulumi.Output<AwsKmsReplica[]>;
  /** Region of the primary of a multi-Region key, as last seen; absent of a single-Region key. */
  declare public readonly primaryRegion?: pulumi.Output<string>;
  /** Replicas that left `replicas`, until AWS has deleted them: only then the primary's own days would count. */
  declare public readonly formerReplicas?: pulumi.Output<
    { readonly region: string; readonly arn: string; readonly deletionDate: string }[] | undefined
  >;

  readonly #group: AwsKmsGroup;
  readonly #source: SourceKey | undefined;
  readonly #origin: MaterialOrigin;
  readonly #replicas: readonly AwsKmsGroup[];

  /**
   * @param name - name of the resource in the program; the source's token remembers it as the copy's name.
   * @param args - place, material and settings of the key.
   * @param opts - Pulumi's options for any resource.
   */
  constructor(name: string, args: AwsKmsKeyArgs, opts?: pulumi.CustomResourceOptions) {
    const group = propertyOf(requireArgs("AwsKmsKey", name, args), "group");
    if (!(group instanceof AwsKmsGroup)) throw wrongResource("AwsKmsKey", name, "group", "AwsKmsGroup", group);
    const replicas = listedReplicas(name, args);
    const unpacked: pulumi.Inputs = {
      group: group.carried,
      material: unpackedMaterial("AwsKmsKey", name, args.material),
      ...(args.policy === undefined ? {} : { policy: policyText(args.policy) }),
      ...(replicas === undefined ? {} : { replicas: replicas.map(unpackedReplica) }),
    };
    // A single-Region key has no outputs of a multi-Region one: Pulumi spends its time per value.
    const multiRegion = args.multiRegion === undefined ? [] : (["primaryRegion"] as const);
    const found = args.multiRegion === undefined ? outputs : [...outputs, "formerReplicas"];
    const shape = { args, unpacked, defaulted: [...defaulted, ...multiRegion], outputs: found, derived, texts };
    super("AwsKmsKey", name, shape, opts);
    this.#group = group;
    this.#source = "source" in args.material ? args.material.source : undefined;
    this.#origin = "source" in args.material ? "HSM" : "file" in args.material ? "EXTERNAL" : "AWS_KMS";
    this.#replicas = (replicas ?? []).map((replica) => replica.group);
  }

  /** Where the key material comes from: a token (`HSM`), a file (`EXTERNAL`) or AWS (`AWS_KMS`). Versions of another origin tell theirs in `versions`. */
  get origin(): pulumi.Output<MaterialOrigin> {
    return pulumi.output(this.#origin);
  }

  /**
   * What an alias or a deletion schedule carries of its key. ARN and key id are known once the key exists, and absent in the preview of a change of it, so that the rest is known.
   * @internal
   */
  get record(): pulumi.Inputs {
    return {
      name: this.resourceName,
      arn: whereKnown(this.arn),
      keyId: whereKnown(this.keyId),
      owner: this.owner,
      lineage: this.id,
      spec: this.spec,
      usage: this.usage,
      version: this.version,
      aliases: this.aliases,
      group: this.#group.record,
      ...(this.#source === undefined ? {} : { source: this.#source.record }),
      ...(this.#replicas.length === 0 ? {} : { replicas: this.#replicas.map((group) => group.region) }),
    };
  }
}

/** The replicas, each seen to be in a group. */
function listedReplicas(name: string, args: AwsKmsKeyArgs): readonly AwsKmsReplicaArgs[] | undefined {
  const listed: unknown = args.replicas;
  if (listed === undefined) return undefined;
  if (!Array.isArray(listed))
    throw misuse(
      "AwsKmsKey",
      name,
      "replicas must be a list: [{ group: ireland }]. Leave it out for a key without replicas.",
    );
  for (const [index, replica] of listed.entries()) {
    const group = propertyOf(replica, "group");
    if (!(group instanceof AwsKmsGroup))
      throw wrongResource("AwsKmsKey", name, `replicas[${index}].group`, "AwsKmsGroup", group);
  }
  return args.replicas;
}

/** A replica as the provider takes it: its group as one text. */
const unpackedReplica = (replica: AwsKmsReplicaArgs): pulumi.Inputs => ({
  ...replica,
  group: replica.group.carried,
  ...(replica.policy === undefined ? {} : { policy: policyText(replica.policy) }),
});
