import type * as pulumi from "@pulumi/pulumi";
import type { KeySpec } from "../provider/model/key-spec";
import type { OaepHash, TokenAbilities, TokenConnection, TokenIdentity } from "../provider/model/token";
import type { TargetEntry } from "../provider/model/source-rules";
import { CarriedResource } from "./carried-resource";
import { requireArgs } from "./misuse";

/** How to reach a PKCS#11 token. Name it by `label`, by `serial`, or by both. */
export interface TokenArgs {
  /**
   * Path of the PKCS#11 module (a shared library), or the short name of a known one, such as `softhsm2`.
   * Errors: BYOK_TOKEN_MODULE_NOT_FOUND, BYOK_TOKEN_MODULE_BROKEN.
   */
  module: pulumi.Input<string>;
  /** Token label as the token shows it, at most 32 characters. Errors: BYOK_TOKEN_NOT_FOUND, BYOK_TOKEN_AMBIGUOUS. */
  label?: pulumi.Input<string>;
  /** Serial number as the token shows it, at most 16 characters; tells tokens of one label apart. */
  serial?: pulumi.Input<string>;
  /**
   * Where the user PIN is found: `file:PATH` (recommended; the file belongs to you or root and nobody else may read it),
   * `exec:COMMAND` (no shell; standard output minus one newline) or `env:NAME`. Never the PIN itself: that is refused. It is
   * resolved at each run, by the process that holds the token only, and it is never retried.
   * Errors: BYOK_REFERENCE_UNRESOLVED, BYOK_TOKEN_PIN_INCORRECT, BYOK_TOKEN_PIN_LOCKED, BYOK_TOKEN_PIN_FINAL_TRY.
   */
  pin: pulumi.Input<string>;
  /** Variables that the module reads, set before it is loaded, such as `SOFTHSM2_CONF`. Default: none. They stand in state. */
  environment?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Library parameters for C_Initialize; NSS softokn takes its configuration string here. Default: none. */
  parameters?: pulumi.Input<string>;
}

/** An account of AWS, or vaults of an Azure tenant, that keys of a group may be copied to. */
export type AllowedTargetArgs = AllowedAwsTargetArgs | AllowedAzureTargetArgs;

/** Vaults of an Azure tenant. */
export interface AllowedAzureTargetArgs {
  azure: pulumi.Input<{
    /** Tenant that the vaults trust, a GUID. */
    tenantId: pulumi.Input<string>;
    /** URLs, such as `https://payments.vault.azure.net`; at least one. */
    vaults: pulumi.Input<pulumi.Input<string>[]>;
    /** Only behind a TLS proxy, or for another host than Azure's own: SHA-256 of the certificate authority (DER), 64 hex digits. */
    caSha256?: pulumi.Input<string>;
  }>;
}

/** An account of AWS, in some Regions. */
export interface AllowedAwsTargetArgs {
  aws: pulumi.Input<{
    /** AWS account, 12 digits, as a string. */
    account: pulumi.Input<string>;
    /** Region codes, such as `eu-central-1`; at least one. */
    regions: pulumi.Input<pulumi.Input<string>[]>;
    /** Only for another endpoint than AWS's own, or behind a TLS proxy: the host name (with port, where one is written). */
    host?: pulumi.Input<string>;
    /** Only with `host`: SHA-256 of the certificate authority (DER), 64 hex digits. */
    caSha256?: pulumi.Input<string>;
  }>;
}

/** Arguments of {@link SourceGroup}. */
export interface SourceGroupArgs {
  /** The token that holds the keys. A changed `token` writes nothing anywhere; it must lead to the same token (its serial). */
  token: pulumi.Input<TokenArgs>;
  /**
   * Where keys of this group may be copied to, decided immediately before each copy against what the cloud says it is. Default:
   * nowhere; the refusal shows the line to add. Errors: BYOK_TARGET_NOT_TRUSTED.
   */
  allowedTargets?: pulumi.Input<pulumi.Input<AllowedTargetArgs>[]>;
  /**
   * True: a lab, whose keys go to clouds on this machine only (a loopback endpoint), which hold them in clear. Goes without
   * `allowedTargets`. Default false. It can never change.
   */
  lab?: pulumi.Input<boolean>;
  /**
   * The weakest hash that RSA-OAEP may use when a key is wrapped. Default `sha256`. `sha1` is for tokens that have nothing
   * else, such as SoftHSM 2.6.1. Errors: BYOK_WRAP_REFUSED.
   */
  minOaepHash?: pulumi.Input<OaepHash>;
  /** Key types that may be made in this group; at least one. Default: all that the token can make. */
  allowedSpecs?: pulumi.Input<pulumi.Input<KeySpec>[]>;
}

const outputs = ["connected", "identity", "abilities", "note"] as const;
const defaulted = ["allowedTargets", "lab", "minOaepHash", "allowedSpecs"] as const;

/**
 * A PKCS#11 token, the source of keys, and the rules for the keys in it.
 *
 * The first preview connects to the token, logs in and finds out by self-test what it can do; later previews need no PIN.
 * The group is nothing in the token: deleting it leaves the token as it is.
 *
 * @example
 * ```ts
 * const hsm = new byok.SourceGroup("hsm", {
 *   token: { module: "softhsm2", label: "payments", pin: "file:/run/secrets/hsm-pin" },
 *   minOaepHash: "sha1", // all that SoftHSM 2.6.1 can do; hardware tokens leave it out
 *   allowedTargets: [{ aws: { account: "123456789012", regions: ["eu-central-1"] } }],
 * });
 * ```
 */
export class SourceGroup extends CarriedResource {
  /** True when the last run or refresh reached the token. */
  declare public readonly connected: pulumi.Output<boolean>;
  /** Who the token says it is: label, serial, manufacturer, model, firmware. */
  declare public readonly identity: pulumi.Output<TokenIdentity>;
  /** What the token can do, found by self-test. */
  declare public readonly abilities: pulumi.Output<TokenAbilities>;
  /** What to know about this token's wrapping, where there is something to know. */
  declare public readonly note: pulumi.Output<string | undefined>;
  /** The connection, as in the arguments. */
  declare public readonly token: pulumi.Output<TokenConnection>;
  /** As in the arguments; empty by default. */
  declare public readonly allowedTargets: pulumi.Output<TargetEntry[]>;
  /** As in the arguments; false by default. */
  declare public readonly lab: pulumi.Output<boolean>;
  /** As in the arguments; `sha256` by default. */
  declare public readonly minOaepHash: pulumi.Output<OaepHash>;
  /** As in the arguments; absent by default. */
  declare public readonly allowedSpecs: pulumi.Output<KeySpec[] | undefined>;

  readonly #restricted: boolean;

  /**
   * @param name - name of the resource in the program; log lines and errors use it.
   * @param args - the token and its rules.
   * @param opts - Pulumi's options for any resource.
   */
  constructor(name: string, args: SourceGroupArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "SourceGroup",
      name,
      { args: requireArgs("SourceGroup", name, args), unpacked: {}, defaulted, outputs },
      opts,
    );
    this.#restricted = args.allowedSpecs !== undefined;
  }

  /**
   * What a key in this group carries of it: checked inputs only, which a preview knows.
   * @internal
   */
  get record(): pulumi.Inputs {
    return {
      name: this.resourceName,
      token: this.token,
      allowedTargets: this.allowedTargets,
      lab: this.lab,
      minOaepHash: this.minOaepHash,
      // A property that nobody set is unknown in a preview, not absent.
      ...(this.#restricted ? { allowedSpecs: this.allowedSpecs } : {}),
      abilities: this.abilities,
      identity: this.identity,
    };
  }
}
