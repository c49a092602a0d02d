import type * as pulumi from "@pulumi/pulumi";
import type { AzureCloud } from "../provider/model/azure-clouds";
import type { AzureCredentialSource, AzureEndpoints, AzureTier } from "../provider/model/azure-connection";
import type { AfterAzureRotation } from "../provider/model/azure-key-versions";
import type { AzureKeyOperation, AzureProtection } from "../provider/model/azure-key-type";
import type { TlsSettings } from "../provider/model/aws-connection";
import type { KeySpec } from "../provider/model/key-spec";
import type { WrappingKeySize } from "../provider/model/ports/key-vault";
import type { TlsArgs } from "./aws-kms-group";
import type { AzureRotationArgs } from "./azure-key";
import { CarriedResource } from "./carried-resource";
import { requireArgs } from "./misuse";

/** A service principal with a secret, which is a reference and never the value itself. */
export interface AzureClientSecretArgs {
  /** Application (client) id, a GUID. */
  clientId: pulumi.Input<string>;
  /** `file:PATH`, `exec:COMMAND`, `env:NAME` or `config:NAMESPACE:KEY`. */
  clientSecret: pulumi.Input<string>;
}

/** A service principal with a certificate. */
export interface AzureClientCertificateArgs {
  /** Application (client) id, a GUID. */
  clientId: pulumi.Input<string>;
  /** PEM file with certificate and private key, relative to the project folder. */
  clientCertificateFile: pulumi.Input<string>;
}

/** A federated token, such as Kubernetes or a CI system writes it. */
export interface AzureWorkloadIdentityArgs {
  workloadIdentity: pulumi.Input<{
    /** Default: AZURE_CLIENT_ID. */
    clientId?: pulumi.Input<string>;
    /** Default: AZURE_FEDERATED_TOKEN_FILE. */
    tokenFile?: pulumi.Input<string>;
  }>;
}

/** The identity of the machine that the program runs on. */
export interface AzureManagedIdentityArgs {
  managedIdentity: pulumi.Input<{
    /** Of a user-assigned identity. Default: the system-assigned one. */
    clientId?: pulumi.Input<string>;
  }>;
}

/** Credentials; secrets are references. */
export type AzureCredentialsArgs =
  | pulumi.Input<AzureClientSecretArgs>
  | pulumi.Input<AzureClientCertificateArgs>
  | pulumi.Input<AzureWorkloadIdentityArgs>
  | pulumi.Input<AzureManagedIdentityArgs>;

/** URLs instead of the cloud's published hosts; the vault's own stands in `vault`. */
export interface AzureEndpointArgs {
  /** URL of Microsoft Entra ID. */
  authority?: pulumi.Input<string>;
  /** URL of Azure Resource Manager. */
  resourceManager?: pulumi.Input<string>;
}

/** The key under which material travels into the vault: RSA-HSM, made by this package, with no operation but `import`. */
export interface AzureWrappingKeyArgs {
  /** In bits. Default 4096. */
  size?: pulumi.Input<WrappingKeySize>;
  /**
   * `group`: one for all keys of the group, made and removed with it, and one more for each token that does not remember that it was made here. `import`: one for
   * each import, removed after it. Azure bills HSM keys one by one. Default `group`. Errors: BYOK_WRAPPING_KEY_UNKNOWN.
   */
  lifetime?: pulumi.Input<"group" | "import">;
}

/** Settings of all keys of a group; each means what the argument of that name means for {@link AzureKey}. */
export interface AzureKeyTemplateArgs {
  /** A key that names itself nowhere is called this and its name in the program, such as `ledger-` and `invoices`. */
  namePrefix?: pulumi.Input<string>;
  protection?: pulumi.Input<AzureProtection>;
  operations?: pulumi.Input<pulumi.Input<AzureKeyOperation>[]>;
  /** A key's own tags are added, and count where both have one of a name. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  expiresOn?: pulumi.Input<string>;
  follow?: pulumi.Input<boolean>;
  afterRotation?: pulumi.Input<AfterAzureRotation>;
  /** Of keys that Azure makes; all others leave it out. */
  rotation?: pulumi.Input<AzureRotationArgs>;
}

/** Arguments of {@link AzureKeyVaultGroup}. */
export interface AzureKeyVaultGroupArgs {
  /** Tenant that the vault trusts, a GUID. Another one replaces the group and its keys. Errors: BYOK_AZURE_WRONG_TENANT. */
  tenantId: pulumi.Input<string>;
  /**
   * Name or URL of the vault or managed HSM, such as `payments` or `https://payments.vault.azure.net`. A name is looked up in Azure Resource Manager, and
   * is the cloud's published host where the credentials may not look. Another vault replaces the group and its keys: no key moves.
   */
  vault: pulumi.Input<string>;
  /** What the vault is; checked where Resource Manager tells. `standard` holds software keys only, `managed-hsm` HSM-protected keys only. */
  tier: pulumi.Input<AzureTier>;
  /** Limits where a name is looked up, a GUID. Default: all subscriptions that the credentials see. */
  subscriptionId?: pulumi.Input<string>;
  /** `public`, `usgovernment` or `china`. Default `public`. */
  cloud?: pulumi.Input<AzureCloud>;
  /** Default: the default chain of `@azure/identity`. Errors: BYOK_AZURE_CREDENTIALS, BYOK_REFERENCE_UNRESOLVED. */
  credentials?: AzureCredentialsArgs;
  /** Default: the cloud's published hosts. The source group must name such a target in `allowedTargets`. */
  endpoint?: pulumi.Input<AzureEndpointArgs>;
  /** Default: public roots, no client certificate. */
  tls?: pulumi.Input<TlsArgs>;
  /** The wrapping key for imports. A standard vault has none. */
  kek?: pulumi.Input<AzureWrappingKeyArgs>;
  /**
   * False: the vault may lack purge protection, with a warning. Default true: such a vault is refused, because whoever may purge can destroy a deleted
   * key before its retention ends.
   */
  requirePurgeProtection?: pulumi.Input<boolean>;
  /** What every key of the group has unless it says otherwise. Default: none. */
  template?: pulumi.Input<AzureKeyTemplateArgs>;
  /** Names of tags that every key of the group must have, from the template or its own. Default: none. */
  requiredTags?: pulumi.Input<pulumi.Input<string>[]>;
  /** Key types that the group takes. Default: all that the vault can hold. */
  allowedSpecs?: pulumi.Input<pulumi.Input<KeySpec>[]>;
  /** False: the group is made and refreshed also while Azure cannot be reached, with `connected: false` and the reason. Default true. */
  requireConnected?: pulumi.Input<boolean>;
  /**
   * Whether to look, before anything is made, for key permissions that the credentials lack, by calls that change nothing: `warn`, `require` (what is
   * missing fails the preview) or `off`. Default `warn`.
   */
  permissionCheck?: pulumi.Input<"warn" | "require" | "off">;
}

/** A wrapping key, as the group made it. A token wraps under it only if it remembers it, and else under one of its own; see `AzureKey.wrapping`. */
export interface AzureWrappingKey {
  /** With its version. */
  readonly id: string;
  /** SHA-256 (hex) of its public key (SubjectPublicKeyInfo, DER). */
  readonly publicKeySha256: string;
  /**
   * The public key in PEM, for whoever wraps a key elsewhere ({@link AzureByokMaterial}); `id` is the `kid` of that file. Absent of a group that was made before
   * this output was there, until its next update.
   */
  readonly publicKeyPem?: string;
  /** In bits. */
  readonly bits: number;
  /** ISO 8601; where Azure gave it an expiry of its own. The next `pulumi up` after it makes another one. */
  readonly expiresOn?: string;
  /** Azure's key attestation is not checked: it is known who asked for the key, not which hardware made it. */
  readonly attestation: "not verified";
}

const outputs = [
  "connected",
  "notConnectedReason",
  "callerObjectId",
  "vaults",
  "missingPermissions",
  "wrappingKey",
] as const;
const learned = ["purgeProtection", "retentionDays"] as const;
const optional = ["subscriptionId", "endpoint", "credentials", "tls"] as const;
/** Carried by every key, and read by no program. */
const rules = ["template", "requiredTags", "allowedSpecs"] as const;
const defaulted = ["cloud", "kek", "vaultUrl", ...learned, ...optional] as const;

/**
 * A Key Vault or Managed HSM, and how to reach it. In Azure it is a wrapping key at most, which it makes for the imports of its keys, and deletes
 * with itself.
 *
 * Permissions: key permissions get, list, create, delete for the wrapping key; `Microsoft.KeyVault/vaults/read` and
 * `Microsoft.KeyVault/managedHSMs/read` let it find the vault by name and see its purge protection.
 *
 * @example
 * ```ts
 * const vault = new byok.AzureKeyVaultGroup("vault", { tenantId, vault: "https://payments.vault.azure.net", tier: "premium" });
 * ```
 */
export class AzureKeyVaultGroup extends CarriedResource {
  /** True when the last run or refresh reached the vault. */
  declare public readonly connected: pulumi.Output<boolean>;
  /** Why not, in one sentence; absent while connected. */
  declare public readonly notConnectedReason: pulumi.Output<string | undefined>;
  /** Object id of the caller that the credentials belong to. */
  declare public readonly callerObjectId: pulumi.Output<string>;
  /** Names of the vaults and managed HSMs that the credentials see; absent where they may not look. */
  declare public readonly vaults: pulumi.Output<string[] | undefined>;
  /** Key permissions that the credentials lacked when they were last looked for; absent where nothing was missing. */
  declare public readonly missingPermissions: pulumi.Output<string[] | undefined>;
  /** The wrapping key of the group; absent of a standard vault, and with `kek.lifetime: "import"`. */
  declare public readonly wrappingKey: pulumi.Output<AzureWrappingKey | undefined>;
  /** Whether the vault has purge protection; absent where that could not be found out yet. */
  declare public readonly purgeProtection: pulumi.Output<boolean | undefined>;
  /** Days for which deleted keys can be recovered, 7 to 90; absent where that could not be found out yet. */
  declare public readonly retentionDays: pulumi.Output<number | undefined>;
  /** `https://HOST`; ids of keys begin with it. */
  declare public readonly vaultUrl: pulumi.Output<string>;
  /** As in the arguments. */
  declare public readonly tenantId: pulumi.Output<string>;
  /** As in the arguments. */
  declare public readonly tier: pulumi.Output<AzureTier>;
  /** As in the arguments; `public` by default. */
  declare public readonly cloud: pulumi.Output<AzureCloud>;
  /** As in the arguments, with defaults. */
  declare public readonly kek: pulumi.Output<{ readonly size: WrappingKeySize; readonly lifetime: "group" | "import" }>;
  /** As in the arguments. */
  declare public readonly subscriptionId: pulumi.Output<string | undefined>;
  /** As in the arguments. */
  declare public readonly endpoint: pulumi.Output<AzureEndpoints | undefined>;
  /** As in the arguments: references, no secrets. */
  declare public readonly credentials: pulumi.Output<AzureCredentialSource | undefined>;
  /** As in the arguments. */
  declare public readonly tls: pulumi.Output<TlsSettings | undefined>;

  readonly #given: readonly (typeof optional)[number][];
  readonly #rules: pulumi.Inputs;

  /**
   * @param name - name of the resource in the program; log lines and errors use it.
   * @param args - place and way.
   * @param opts - Pulumi's options for any resource.
   */
  constructor(name: string, args: AzureKeyVaultGroupArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "AzureKeyVaultGroup",
      name,
      { args: requireArgs("AzureKeyVaultGroup", name, args), unpacked: {}, defaulted, outputs },
      opts,
    );
    this.#rules = Object.fromEntries(
      rules.flatMap((property) => (args[property] === undefined ? [] : [[property, args[property]]])),
    );
    this.#given = optional.filter((property) => args[property] !== undefined);
  }

  /**
   * What a key in this group carries of it: checked inputs only, which a preview knows.
   * @internal
   */
  get record(): pulumi.Inputs {
    return {
      name: this.resourceName,
      cloud: this.cloud,
      tenantId: this.tenantId,
      tier: this.tier,
      kek: this.kek,
      vaultUrl: this.vaultUrl,
      ...Object.fromEntries(this.#given.map((property) => [property, this[property]])),
      ...this.#rules,
    };
  }
}
