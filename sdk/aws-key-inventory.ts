import * as pulumi from "@pulumi/pulumi";
import type { InventoryRecord, KeyManager } from "../provider/model/inventory";
import type { InventoryCounts } from "../provider/model/merge-inventory";
import { AwsKmsGroup } from "./aws-kms-group";
import { AwsKmsKey } from "./aws-kms-key";
import { ByokResource } from "./byok-resource";
import { requireArgs, wrongResource } from "./misuse";
import { nameInUrn } from "./name-in-urn";
import { unpackedKeys } from "./unpacked-keys";

/** Which keys an {@link AwsKeyInventory} records; each property narrows it further. */
export interface AwsKeyInventoryFilter {
  /** Only keys that these manage. */
  managedBy?: pulumi.Input<pulumi.Input<KeyManager>[]>;
  /** Only keys of these origins (Origin of DescribeKey), such as `EXTERNAL`; and those that the caller may not describe. */
  origins?: pulumi.Input<pulumi.Input<"AWS_KMS" | "EXTERNAL" | "AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE">[]>;
  /** Only keys with an alias that begins so, such as `alias/ledger/`. */
  aliasPrefix?: pulumi.Input<string>;
}

/** Arguments of {@link AwsKeyInventory}. */
export interface AwsKeyInventoryArgs {
  /** Account and Region whose keys are listed. Another one begins a new list. */
  group: AwsKmsGroup;
  /** Which keys are recorded. Default: all. */
  include?: pulumi.Input<AwsKeyInventoryFilter>;
  /**
   * Also how often each symmetric key was rotated (ListKeyRotations). AWS grants 100 such calls a second, so a thousand keys take ten
   * seconds longer. Default false.
   */
  rotations?: pulumi.Input<boolean>;
  /**
   * The program's own keys: they are listed as `this stack`, and all others with our tags as `another stack`. Default: nobody tells, and
   * keys with our tags are listed as `a stack`.
   */
  managed?: AwsKmsKey[];
  /** Another value than before lists again on the next `pulumi up`, for instance today's date. `pulumi refresh` lists in any case. */
  refreshTrigger?: pulumi.Input<string>;
}

const outputs = ["listing", "counts", "listedAt", "account", "region"] as const;
const defaulted = ["include", "rotations", "refreshTrigger"] as const;

/**
 * All keys of an account and Region, and who manages them. It only reads: it is listed when the resource is made, on `pulumi refresh`, and when
 * an argument changes; a preview calls no cloud. Keys that are new since the list before are appended; keys that are gone stay in
 * it with a date.
 *
 * Permissions: kms:ListKeys, kms:ListAliases, kms:DescribeKey, kms:ListResourceTags, kms:GetKeyRotationStatus; with `rotations`
 * kms:ListKeyRotations. What one of the last four does not allow for a key is left out of its record, which names it in `denied`.
 *
 * @example
 * ```ts
 * const inventory = new byok.AwsKeyInventory("frankfurt-keys", {
 *   group: frankfurt,
 *   managed: [payments, ledger],
 *   refreshTrigger: new Date().toISOString().slice(0, 10),
 * });
 * export const strays = inventory.keys.apply((keys) => keys.filter((key) => key.managedBy === "nobody").map((key) => key.arn));
 * ```
 */
export class AwsKeyInventory extends ByokResource {
  /** The list as the state keeps it: compressed. Programs read {@link AwsKeyInventory.keys}. */
  declare public readonly listing: pulumi.Output<string>;
  /** How many keys are in the list: in all, gone, and by who manages them. */
  declare public readonly counts: pulumi.Output<InventoryCounts>;
  /** ISO 8601; when the keys were listed. */
  declare public readonly listedAt: pulumi.Output<string>;
  /** The account, 12 digits. */
  declare public readonly account: pulumi.Output<string>;
  /** The Region. */
  declare public readonly region: pulumi.Output<string>;

  #keys: pulumi.Output<readonly InventoryRecord[]> | undefined;

  /**
   * @param name - name of the resource in the program.
   * @param args - whose keys, and which of them.
   * @param opts - Pulumi's options for any resource.
   */
  constructor(name: string, args: AwsKeyInventoryArgs, opts?: pulumi.CustomResourceOptions) {
    const { group, managed } = requireArgs("AwsKeyInventory", name, args);
    if (!(group instanceof AwsKmsGroup)) throw wrongResource("AwsKeyInventory", name, "group", "AwsKmsGroup", group);
    super(
      "AwsKeyInventory",
      name,
      {
        args,
        unpacked: { group: group.carried, managed: managed === undefined ? undefined : ownKeys(name, managed) },
        defaulted,
        outputs,
      },
      opts,
    );
  }

  /** The keys in the list, oldest entry first. */
  get keys(): pulumi.Output<readonly InventoryRecord[]> {
    this.#keys ??= this.listing.apply(unpackedKeys);
    return this.#keys;
  }
}

/** Names by lineage, which is the id of an AwsKmsKey, as one text: Pulumi spends its time per value. */
function ownKeys(name: string, managed: readonly AwsKmsKey[]): pulumi.Output<string> {
  const pairs = managed.map((key, index) => {
    if (key instanceof AwsKmsKey) return pulumi.all([key.id, key.urn]);
    throw wrongResource("AwsKeyInventory", name, `managed[${index}]`, "AwsKmsKey", key);
  });
  const names = pulumi.all(pairs).apply((known) => Object.fromEntries(known.map(([id, urn]) => [id, nameInUrn(urn)])));
  return pulumi.jsonStringify(names);
}
