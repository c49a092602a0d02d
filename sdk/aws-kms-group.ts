import type * as pulumi from "@pulumi/pulumi";
import type { AwsCredentialSource, AwsEndpoints, RoleCredentials, TlsSettings } from "../provider/model/aws-connection";
import type { AwsKeyUsage, KeySpec } from "../provider/model/key-spec";
import type { AfterRotation } from "../provider/model/key-versions";
import type { WrappingKeySpec } from "../provider/model/wrapping";
import type { KeyRotationArgs } from "./key-rotation-args";
import { CarriedResource } from "./carried-resource";
import { requireArgs } from "./misuse";
import { policyText, type PolicyInput } from "./policy-text";

/** Credentials from a profile of the AWS configuration files. */
export interface AwsProfileArgs {
  /** Name of the profile. Its `endpoint_url` is ignored, with a warning. */
  profile: pulumi.Input<string>;
}

/** Credentials from the CSV file that the AWS console hands out for an access key. */
export interface AwsCsvArgs {
  /** Reference to the file's text: `file:PATH`, `exec:COMMAND`, `env:NAME` or `config:NAMESPACE:KEY`. */
  csv: pulumi.Input<string>;
}

/** Credentials one by one; each is a reference, never the value itself, which is refused. */
export interface AwsAccessKeyArgs {
  /** `file:PATH`, `exec:COMMAND`, `env:NAME` or `config:NAMESPACE:KEY`. */
  accessKeyId: pulumi.Input<string>;
  /** `file:PATH`, `exec:COMMAND`, `env:NAME` or `config:NAMESPACE:KEY`. */
  secretAccessKey: pulumi.Input<string>;
  /** `file:PATH`, `exec:COMMAND`, `env:NAME` or `config:NAMESPACE:KEY`; only for temporary credentials. */
  sessionToken?: pulumi.Input<string>;
}

/** URLs instead of AWS's published endpoints. */
export interface AwsEndpointArgs {
  /** URL for AWS KMS. */
  kms?: pulumi.Input<string>;
  /** URL for AWS STS. */
  sts?: pulumi.Input<string>;
  /** URL for the Resource Groups Tagging API. */
  tagging?: pulumi.Input<string>;
  /** URL for AWS IAM, which is asked for nothing but what the credentials may do. Default beside another `kms`: none. */
  iam?: pulumi.Input<string>;
}

/** Credentials, as references. */
export type AwsCredentialsArgs =
  pulumi.Input<AwsProfileArgs> | pulumi.Input<AwsCsvArgs> | pulumi.Input<AwsAccessKeyArgs>;

/**
 * Other credentials of the same account for what should not be in one hand. `byok permissions` prints a policy for each.
 */
export interface AwsRoleCredentialsArgs {
  /** For the custodian, which brings material: GetParametersForImport, ImportKeyMaterial, and the proof of a copy. */
  import?: AwsCredentialsArgs;
  /** For ScheduleKeyDeletion, CancelKeyDeletion, DeleteImportedKeyMaterial and DeleteAlias. */
  destroy?: AwsCredentialsArgs;
  /** For PutKeyPolicy; a key with a policy of its own is then made with AWS's default one, and gets it before its material. */
  policy?: AwsCredentialsArgs;
}

/** TLS of the connection; paths are relative to the project folder. */
export interface TlsArgs {
  /** PEM file with the certificate authorities to trust instead of the public roots. Errors: BYOK_AWS_TLS_UNTRUSTED. */
  caFile?: pulumi.Input<string>;
  /** PEM file with a client certificate chain; goes with `clientKeyFile`. */
  clientCertFile?: pulumi.Input<string>;
  /** PEM file with the client certificate's private key; goes with `clientCertFile`. */
  clientKeyFile?: pulumi.Input<string>;
  /**
   * False: a certificate of the authorities in `caFile` counts whatever host it names, with a warning at every run. Needs `caFile`; the chain
   * is verified all the same. Default true.
   */
  validateHostname?: pulumi.Input<boolean>;
}

/** Arguments of {@link AwsKmsGroup}. */
export interface AwsKmsGroupArgs {
  /** Region code, such as `eu-central-1`. Another Region makes new keys of the group's keys. Errors: BYOK_AWS_REGION_UNKNOWN. */
  region: pulumi.Input<string>;
  /** The account that the credentials must belong to, 12 digits. Default: the one they belong to. Errors: BYOK_AWS_WRONG_ACCOUNT. */
  account?: pulumi.Input<string>;
  /**
   * One URL for all services, or one for each. Default: AWS's published endpoints. Overrides in the environment and in
   * profiles are ignored, with a warning. The source group must name such a target in `allowedTargets`. Errors: BYOK_AWS_UNREACHABLE.
   */
  endpoint?: pulumi.Input<string> | pulumi.Input<AwsEndpointArgs>;
  /** Default: AWS's default credential chain. Errors: BYOK_AWS_CREDENTIALS, BYOK_REFERENCE_UNRESOLVED. */
  credentials?: AwsCredentialsArgs;
  /** Other credentials for some of the acts. Default: `credentials` for all. Errors: BYOK_AWS_WRONG_ACCOUNT. */
  roleCredentials?: pulumi.Input<AwsRoleCredentialsArgs>;
  /** Default: public roots, no client certificate. */
  tls?: pulumi.Input<TlsArgs>;
  /**
   * Calls per second by API name, such as `{ GetParametersForImport: 0.5 }`, where the account's quotas differ from
   * those that AWS publishes. Default: the published ones.
   */
  quotas?: pulumi.Input<Record<string, pulumi.Input<number>>>;
  /**
   * What every key of the group has unless it says otherwise. A change shows on each key that it touches. Keys that were adopted take
   * nothing of it. Default: none.
   */
  template?: AwsKmsKeyTemplateArgs;
  /** Names of tags that every key of the group must have, from the template or its own. Default: none. */
  requiredTags?: pulumi.Input<pulumi.Input<string>[]>;
  /** Key types that the group takes. Default: all that AWS imports. */
  allowedSpecs?: pulumi.Input<pulumi.Input<KeySpec>[]>;
  /**
   * Any text; another one than before rotates every key of the group once, each by its own `rotationMode`. A source key is rotated by its own trigger only, so a copy with
   * `new-key` gets a new KMS key that holds the version of its source which is the newest then, and one with `in-place` has nothing to take and says so. What a rotation
   * may break counts here as well (`acknowledgeOldOutputs`). A key that cannot be rotated yet (its material is deleted or compromised, its file is gone, it rotates in place) says why,
   * and it stays due there until any rotation of the key serves it. On a new key it is only remembered.
   */
  rotateAllTrigger?: pulumi.Input<string>;
  /**
   * False: the group is made, changed and refreshed also while AWS cannot be reached, with `connected: false` and the reason; `account` has to be named
   * then. Changes of its keys fail until there is a connection, each on its own row. Default true.
   */
  requireConnected?: pulumi.Input<boolean>;
  /**
   * Whether to look, before anything is made, for permissions that the credentials lack: `warn`, `require` (what certainly is missing fails the
   * preview) or `off`. By iam:SimulatePrincipalPolicy where that is allowed, which does not see key policies, else by calls that change nothing. What
   * cannot be known is not missing. With `require` and `requireConnected: false`, no key is made or changed before a connection allowed to look. Default: `warn` for a new group or another connection; a program that sets it is also told by every refresh.
   */
  permissionCheck?: pulumi.Input<"warn" | "require" | "off">;
}

/** Settings of all keys of a group; each means what the argument of that name means for {@link AwsKmsKey}. */
export interface AwsKmsKeyTemplateArgs {
  /** A key that names no alias gets one: this and its name in the program, such as `alias/ledger/` and `invoices`. */
  aliasPrefix?: pulumi.Input<string>;
  /**
   * The type of every key of the group: the default of `material: { native: true }`, and the only one that other material may have; a key of another type is refused, by name.
   * Default: any type, and AES_256 of native material.
   */
  spec?: pulumi.Input<KeySpec>;
  /**
   * Usage of keys whose type allows it; keys of other types have the default of theirs. AWS fixes a key's usage when it is made, so a key that has another one already is refused
   * until it names its own. One that does not fit `spec` is refused. Default: that of the type.
   */
  usage?: pulumi.Input<AwsKeyUsage>;
  /** Default: a sentence that names the source key. */
  description?: pulumi.Input<string>;
  /** JSON text or an object. */
  policy?: PolicyInput;
  /** A key's own tags are added, and count where both have one of a name. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Whether keys are enabled. */
  enabled?: pulumi.Input<boolean>;
  /** Left aside by a key with a `validTo` of its own. */
  keepValidFor?: pulumi.Input<string>;
  /** Goes with `keepValidFor`. */
  renewBefore?: pulumi.Input<string>;
  /** In days. */
  expiryWarningDays?: pulumi.Input<number>;
  /** Whether copies follow their source. */
  follow?: pulumi.Input<boolean>;
  /** `in-place` is for AES_256 only; other keys of the group have to say `new-key`. */
  rotationMode?: pulumi.Input<"new-key" | "in-place">;
  /**
   * For keys of AWS's own material (`native: true`): when they are rotated. A key may have another schedule of its own; one that is not to be rotated belongs to a group without. It says nothing of copies, which
   * follow their {@link SourceKey}'s schedule, nor of keys from a file.
   */
  rotation?: pulumi.Input<KeyRotationArgs>;
  /** What becomes of former KMS keys. */
  afterRotation?: pulumi.Input<AfterRotation>;
  /** In days. */
  disableDays?: pulumi.Input<number>;
  /** In days, 7 to 30. */
  deletionWindowInDays?: pulumi.Input<number>;
  /** WrappingKeySpec of GetParametersForImport. */
  wrappingKeySpec?: pulumi.Input<WrappingKeySpec>;
}

const outputs = ["connected", "notConnectedReason", "callerArn", "missingPermissions"] as const;

/** Arguments that stay away when nobody sets them; a preview would not know that of an output. */
const optional = ["endpoint", "credentials", "roleCredentials", "tls", "quotas"] as const;
/** Carried by every key, and read by no program. */
const rules = ["template", "requiredTags", "allowedSpecs", "rotateAllTrigger"] as const;
const defaulted = ["account", ...optional] as const;
/** Carried only where the program speaks of permissions: without them no key is made. */
const unjudged = "permissionsUnjudged";

/**
 * An account and Region of AWS KMS, and how to reach it. It is nothing in the cloud: creating, changing or deleting it writes
 * nothing there. Permissions: none (sts:GetCallerIdentity needs none); iam:SimulatePrincipalPolicy lets it tell what its keys will lack.
 *
 * @example
 * ```ts
 * const frankfurt = new byok.AwsKmsGroup("frankfurt", { region: "eu-central-1" });
 * const ledger = new byok.AwsKmsGroup("ledger", {
 *   region: "eu-central-1",
 *   account: "123456789012",
 *   credentials: { csv: "file:/run/secrets/aws-credentials.csv" },
 *   tls: { caFile: "./corporate-ca.pem" },
 * });
 * ```
 */
export class AwsKmsGroup extends CarriedResource {
  /** True when the last run or refresh reached AWS. */
  declare public readonly connected: pulumi.Output<boolean>;
  /** Why not, in one sentence; absent while connected. */
  declare public readonly notConnectedReason: pulumi.Output<string | undefined>;
  /** IAM actions that the credentials lacked when they were last looked for; absent where nothing was missing. */
  declare public readonly missingPermissions: pulumi.Output<string[] | undefined>;
  /** The account, 12 digits. */
  declare public readonly account: pulumi.Output<string>;
  /** ARN of the caller that the credentials belong to (GetCallerIdentity). */
  declare public readonly callerArn: pulumi.Output<string>;
  /** As in the arguments. */
  declare public readonly region: pulumi.Output<string>;
  /** As in the arguments. */
  declare public readonly endpoint: pulumi.Output<string | AwsEndpoints | undefined>;
  /** As in the arguments: references, no secrets. */
  declare public readonly credentials: pulumi.Output<AwsCredentialSource | undefined>;
  /** As in the arguments: references, no secrets. */
  declare public readonly roleCredentials: pulumi.Output<RoleCredentials | undefined>;
  /** As in the arguments. */
  declare public readonly tls: pulumi.Output<TlsSettings | undefined>;
  /** As in the arguments. */
  declare public readonly quotas: pulumi.Output<Record<string, number> | undefined>;

  readonly #given: readonly (typeof optional)[number][];
  readonly #rules: pulumi.Inputs;
  readonly #schedules: boolean;
  readonly #judges: boolean;

  /**
   * @param name - name of the resource in the program; log lines and errors use it.
   * @param args - place and way.
   * @param opts - Pulumi's options for any resource.
   */
  constructor(name: string, args: AwsKmsGroupArgs, opts?: pulumi.CustomResourceOptions) {
    const { template } = requireArgs("AwsKmsGroup", name, args);
    const unpacked: pulumi.Inputs =
      template?.policy === undefined ? {} : { template: { ...template, policy: policyText(template.policy) } };
    const judges = args.permissionCheck !== undefined;
    super("AwsKmsGroup", name, { args, unpacked, defaulted, outputs: judges ? [...outputs, unjudged] : outputs }, opts);
    this.#judges = judges;
    this.#schedules = template?.rotation !== undefined;
    const given = { ...args, ...unpacked };
    this.#rules = Object.fromEntries(
      rules.flatMap((property) => (given[property] === undefined ? [] : [[property, given[property]]])),
    );
    this.#given = optional.filter((property) => args[property] !== undefined);
  }

  /**
   * True where the template has a rotation schedule.
   * @internal
   */
  get schedulesRotations(): boolean {
    return this.#schedules;
  }

  /**
   * What a key in this group carries of it: checked inputs only, which a preview knows.
   * @internal
   */
  get record(): pulumi.Inputs {
    return {
      name: this.resourceName,
      region: this.region,
      account: this.account,
      ...Object.fromEntries(this.#given.map((property) => [property, this[property]])),
      ...this.#rules,
      ...(this.#judges ? { [unjudged]: Reflect.get(this, unjudged) } : {}),
    };
  }
}
