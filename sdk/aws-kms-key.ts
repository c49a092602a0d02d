import * as pulumi from "@pulumi/pulumi";
import type { AwsKeyUsage, KeySpec } from "../provider/model/key-spec";
import type { KeyVersion, MaterialOrigin } from "../provider/model/key-versions";
import type { KmsKeyState } from "../provider/model/ports/kms";
import type { Wrapping, WrappingKeySpec } from "../provider/model/wrapping";
import { AwsKmsGroup } from "./aws-kms-group";
import type { AwsKmsKeyArgs, AwsKmsReplicaArgs, AwsKmsReplica, KeyProof, KeyLink } from "./aws-kms-key-args";
import { CarriedResource } from "./carried-resource";
import { policyText } from "./policy-text";
import { unpackedMaterial } from "./unpacked-material";
import { misuse, propertyOf, requireArgs, wrongResource } from "./misuse";
import type { SourceKey } from "./source-key";
import { whereKnown } from "./where-known";

const outputs = ["arn", "version", "owner", "facts"] as const;

/** What the provider found out, in the text `facts`. */
const found = [
  "keyId",
  "keyState",
  "createdAt",
  "deletionDate",
  "pending",
  "proof",
  "link",
  "wrapping",
  "versions",
] as const;

/** Settings that the text tells where the program does not name them. */
const settings = [
  "description",
  "policy",
  "tags",
  "enabled",
  "validTo",
  "deletionWindowInDays",
  "wrappingKeySpec",
] as const;

/** Derived by the provider; a program cannot set them. */
const derived = [
  ...["versionOffset", "materialDigest", "materialIdentity", "startAt", "period", "adopted"],
  ...["account", "region", "spec", ...found],
] as const;

/** Arguments that a preview knows, also where the program does not name them. */
const defaulted = ["usage", "aliases"] as const;

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
  /** Hash of organisation, URN, account and Region, 32 hex digits; the KMS key carries it as the tag `byok:owner`. */
  declare public readonly owner: pulumi.Output<string>;
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
  /** ISO 8601; when the next rotation is due. Only keys that have a schedule have it. */
  declare public readonly nextRotation?: pulumi.Output<string | undefined>;
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

  /** The material as the provider takes it. */
  declare protected readonly material: pulumi.Output<{ readonly spec: KeySpec }>;

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
    const listed = [
      ...outputs,
      ...(args.multiRegion === undefined ? [] : ["formerReplicas"]),
      ...(isScheduled(args) ? ["nextRotation"] : []),
    ];
    const told = [...found, ...settings];
    const shape = { args, unpacked, defaulted: [...defaulted, ...multiRegion], outputs: listed, derived, told };
    super("AwsKmsKey", name, shape, opts);
    this.#group = group;
    this.#source = "source" in args.material ? args.material.source : undefined;
    this.#origin = "source" in args.material ? "HSM" : "file" in args.material ? "EXTERNAL" : "AWS_KMS";
    this.#replicas = (replicas ?? []).map((replica) => replica.group);
  }

  /** Account of the key, 12 digits. */
  get account(): pulumi.Output<string> {
    return this.#group.account;
  }

  /** Region of the key; of a multi-Region key that of the group. */
  get region(): pulumi.Output<string> {
    return pulumi.output(this.#group.region);
  }

  /** Key type of the material. */
  get spec(): pulumi.Output<KeySpec> {
    return this.#source?.spec ?? this.material.apply(({ spec }) => spec);
  }

  /** Where the key material comes from: a token (`HSM`), a file (`EXTERNAL`) or AWS (`AWS_KMS`). Versions of another origin tell theirs in `versions`. */
  get origin(): pulumi.Output<MaterialOrigin> {
    return pulumi.output(this.#origin);
  }

  /**
   * The groups of the replicas, for whoever acts on the key in every Region.
   * @internal
   */
  get replicaGroups(): readonly AwsKmsGroup[] {
    return this.#replicas;
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

/** True of a key that has a schedule of its own, from its arguments or its group. */
const isScheduled = ({ group, material, rotation }: AwsKmsKeyArgs): boolean =>
  rotation !== undefined || ("native" in material && group.schedulesRotations);

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
