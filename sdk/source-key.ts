import type * as pulumi from "@pulumi/pulumi";
import type { KeySpec } from "../provider/model/key-spec";
import type { Fingerprint } from "../provider/model/ports/custodian";
import { CarriedResource } from "./carried-resource";
import { propertyOf, requireArgs, wrongResource } from "./misuse";
import { SourceGroup } from "./source-group";

/** One version of a source key. */
export interface SourceKeyVersion {
  /** 1 for the first. */
  readonly version: number;
  /** CKA_ID in the token, 32 hex digits. */
  readonly tokenKeyId: string;
  /** Tells keys apart and tells nothing about the key. */
  readonly fingerprint: Fingerprint;
  /** Three bytes in hex, to compare by eye. */
  readonly checkValue: string;
  /** `closed`: it can never be copied again. `deactivated`: it goes into no further key, and is imported again where it was. */
  readonly state: "exportable" | "deactivated" | "closed";
  /** Copies for which `rotation.deactivateOld` waits, because they have no newer version. */
  readonly waitsFor?: readonly string[];
  /** ISO 8601, where this stack made it. */
  readonly createdAt?: string;
}

/** Arguments of {@link SourceKey}. */
export interface SourceKeyArgs {
  /** The token that makes and holds the key. */
  group: SourceGroup;
  /**
   * Key type. It can never change. AES_256, RSA_2048, RSA_3072, RSA_4096, EC_P256, EC_P384, EC_P521, EC_SECP256K1, HMAC_224,
   * HMAC_256, HMAC_384 or HMAC_512, as far as the token can and `allowedSpecs` of the group permits.
   */
  spec: pulumi.Input<KeySpec>;
  /**
   * Name for people, which opens CKA_LABEL in the token; at most 120 characters, no control characters. Default: the name of
   * the resource. Changing it touches no copy.
   */
  label?: pulumi.Input<string>;
  /**
   * What `pulumi destroy` does. `retain` (default): the key stays in the token, and the same resource finds it again.
   * `destroy`: it is destroyed there, for ever; this needs the word that the refusal names in the environment variable
   * BYOK_CONFIRM, and is refused while a copy could still need the material. Errors: BYOK_CONFIRM_REQUIRED, BYOK_KEY_HAS_COPIES.
   */
  onDestroy?: pulumi.Input<"retain" | "destroy">;
  /**
   * False closes the key for ever (CKA_EXTRACTABLE=false): it can be copied no more, also not to repair a copy or to extend its
   * validity. Needs `confirm` on a key that exists. Default true. Errors: BYOK_CONFIRM_REQUIRED, BYOK_KEY_HAS_COPIES.
   */
  exportable?: pulumi.Input<boolean>;
  /**
   * When `pulumi up` makes a new version. `every` is `90d` (days, to 3650) or `12mo` (calendar months, to 120); `startAt` (ISO 8601 with a time zone, or a date) is the first
   * rotation, one period after the schedule was written down by default. A moment that has passed makes the rotation due: the next preview
   * shows it, the next `up` does it, and however many moments were missed it is one rotation. A schedule that is new or changed counts from now on.
   * `deactivateOld: true` deactivates each former version on the first `up` after every copy follows a newer one: it is then imported again into keys that hold it
   * (a repair, an expiry), and into no other. It can be taken back. Default: no schedule, former versions stay active. Errors: BYOK_KEY_DEACTIVATED.
   */
  rotation?: pulumi.Input<{
    every: pulumi.Input<string>;
    startAt?: pulumi.Input<string>;
    deactivateOld?: pulumi.Input<boolean>;
  }>;
  /** Any text; another one than before makes a new version once, whatever the schedule says. On a new key it is only remembered. */
  rotationTrigger?: pulumi.Input<string>;
  /**
   * Takes over a key that another program or stack made in this token: the `owner` output of its resource, 32 hex digits; the error about the
   * name clash shows it. May be removed afterwards, never changed.
   */
  adopt?: pulumi.Input<{ owner: pulumi.Input<string> }>;
  /**
   * `["unwrap"]` makes a key-encryption key: files that somebody encrypted under it become key material (`AwsKmsKey.material.kek`), unwrapped in the token.
   * AES_256 and RSA only. Such a key is never copied itself. It can never change. Default: a key that is copied.
   */
  operations?: pulumi.Input<pulumi.Input<"unwrap">[]>;
  /**
   * Others may have this key since `since` (ISO 8601, not in the future). From the next `up` on nothing of it is imported anywhere, not even to repair a copy, it is not rotated, and each copy of this program is
   * disabled (DisableKey) with the former KMS keys of its versions; the preview lists every copy that the token remembers. Copies that take other material (`AwsKmsKey.material`) live on with a
   * new KMS key. Removing it takes it back: copies are enabled again as their `enabled` says, former KMS keys stay disabled. Default: none.
   */
  compromised?: pulumi.Input<{ since: pulumi.Input<string> }>;
  /**
   * True: the key may also leave its token in clear, for copies that software protects (`AzureKey.protection: "software"`): Azure has no wrapped import for those.
   * The token remembers it for all versions, so it can never change. Such a key gets no copy that hardware protects. Default false.
   */
  plaintextExport?: pulumi.Input<boolean>;
  /** The word that a refused destructive update names. It goes stale by itself; leave it out otherwise. */
  confirm?: pulumi.Input<string>;
}

const outputs = ["owner", "version", "versions", "publicKey", "nextRotation"] as const;
/** Derived by the provider; a program cannot set them. */
const derived = ["startAt", "period", "resumed"] as const;
const defaulted = ["label", "onDestroy", "exportable"] as const;

/**
 * A key that a token generates and holds. Its material leaves the token only wrapped for a cloud that the group allows.
 *
 * Only the same organisation, project, stack and resource finds the key again in the token; a name clash with anybody else's is an
 * error that shows `adopt`.
 *
 * @example
 * ```ts
 * const master = new byok.SourceKey("payments-master", { group: hsm, spec: "AES_256" });
 * ```
 */
export class SourceKey extends CarriedResource {
  /** Hash of organisation, project, stack and URN of the maker, 32 hex digits; the token remembers it in CKA_LABEL. */
  declare public readonly owner: pulumi.Output<string>;
  /** The newest version, which copies hold. */
  declare public readonly version: pulumi.Output<number>;
  /** All versions in the token, oldest first. */
  declare public readonly versions: pulumi.Output<SourceKeyVersion[]>;
  /** SubjectPublicKeyInfo (DER, base64) of an asymmetric key. */
  declare public readonly publicKey: pulumi.Output<string | undefined>;
  /** ISO 8601; when the next rotation is due. Absent without a schedule. */
  declare public readonly nextRotation: pulumi.Output<string | undefined>;
  /** Key type, as in the arguments. */
  declare public readonly spec: pulumi.Output<KeySpec>;
  /** As in the arguments; the resource's name by default. */
  declare public readonly label: pulumi.Output<string>;
  /** As in the arguments; `retain` by default. */
  declare public readonly onDestroy: pulumi.Output<"retain" | "destroy">;
  /** False once the key was closed. */
  declare public readonly exportable: pulumi.Output<boolean>;
  /** As in the arguments; absent where they name none. */
  declare public readonly operations?: pulumi.Output<"unwrap"[]>;
  /** As in the arguments; absent where they name none. */
  declare public readonly compromised?: pulumi.Output<{ since: string }>;
  /** What the key carries of its group, as JSON text. */
  declare public readonly group: pulumi.Output<string>;

  readonly #group: SourceGroup;

  /**
   * @param name - name of the resource in the program, and of the key in the token unless `label` says otherwise.
   * @param args - group and type of the key.
   * @param opts - Pulumi's options for any resource.
   */
  constructor(name: string, args: SourceKeyArgs, opts?: pulumi.CustomResourceOptions) {
    const group = propertyOf(requireArgs("SourceKey", name, args), "group");
    if (!(group instanceof SourceGroup)) throw wrongResource("SourceKey", name, "group", "SourceGroup", group);
    super("SourceKey", name, { args, unpacked: { group: group.carried }, defaulted, outputs, derived }, opts);
    this.#group = group;
  }

  /**
   * What a copy carries of its source: lineage, version and connection, so that no other change touches a copy.
   * @internal
   */
  get record(): pulumi.Inputs {
    return {
      name: this.resourceName,
      owner: this.owner,
      version: this.version,
      spec: this.spec,
      // Only a program that names it has it, so that no other record changes.
      ...(this.operations === undefined ? {} : { operations: this.operations }),
      ...(this.compromised === undefined ? {} : { compromisedSince: this.compromised.since }),
      group: this.#group.record,
    };
  }
}
