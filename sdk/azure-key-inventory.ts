import * as pulumi from "@pulumi/pulumi";
import type { AzureInventoryRecord, AzureKeyManager } from "../provider/model/azure-inventory";
import type { AzureProtection } from "../provider/model/azure-key-type";
import type { InventoryCounts } from "../provider/model/merge-inventory";
import { AzureKey } from "./azure-key";
import { AzureKeyVaultGroup } from "./azure-key-vault-group";
import { ByokResource } from "./byok-resource";
import { requireArgs, wrongResource } from "./misuse";
import { nameInUrn } from "./name-in-urn";
import { unpackedAzureKeys } from "./unpacked-keys";

/** Which keys an {@link AzureKeyInventory} records; each property narrows it further. */
export interface AzureKeyInventoryFilter {
  /** Only keys that these manage. */
  managedBy?: pulumi.Input<pulumi.Input<AzureKeyManager>[]>;
  /** Only keys of this protection; and those whose type is not known, because they are deleted or may not be read. */
  protection?: pulumi.Input<AzureProtection>;
  /** Only keys whose name begins so, in upper or lower case. */
  namePrefix?: pulumi.Input<string>;
}

/** Arguments of {@link AzureKeyInventory}. */
export interface AzureKeyInventoryArgs {
  /** The vault whose keys are listed. Another one begins a new list. */
  group: AzureKeyVaultGroup;
  /** Which keys are recorded. Default: all. */
  include?: pulumi.Input<AzureKeyInventoryFilter>;
  /** Also the rotation policy of each key: one call more a key, and the key permission getrotationpolicy. Default false. */
  rotations?: pulumi.Input<boolean>;
  /**
   * The program's own keys: they and the group's wrapping key are listed as `this stack`, and all others with our tags as `another stack`. Default:
   * nobody tells, and keys with our tags are listed as `a stack`.
   */
  managed?: AzureKey[];
  /** Another value than before lists again on the next `pulumi up`, for instance today's date. `pulumi refresh` lists in any case. */
  refreshTrigger?: pulumi.Input<string>;
}

const outputs = ["listing", "counts", "listedAt", "tenantId", "vaultUrl"] as const;
const defaulted = ["include", "rotations", "refreshTrigger"] as const;

/**
 * All keys of a Key Vault or Managed HSM with their versions, the soft-deleted ones too, and who manages them. It only reads: the keys are listed when
 * the resource is made, on `pulumi refresh`, and when an argument changes; a preview calls no cloud. Keys that are new since the list before are appended;
 * keys that are gone stay in it with a date.
 *
 * Permissions: the key permissions list and get; with `rotations` getrotationpolicy. What get and getrotationpolicy do not allow for a key is left out of its
 * record, which names it in `denied`.
 *
 * @example
 * ```ts
 * const inventory = new byok.AzureKeyInventory("vault-keys", { group: vault, managed: [signing] });
 * export const strays = inventory.keys.apply((keys) => keys.filter((key) => key.managedBy === "nobody").map((key) => key.keyId));
 * ```
 */
export class AzureKeyInventory extends ByokResource {
  /** The list as the state keeps it: compressed. Programs read {@link AzureKeyInventory.keys}. */
  declare public readonly listing: pulumi.Output<string>;
  /** How many keys are in the list: in all, gone, and by who manages them. Soft-deleted ones count as keys. */
  declare public readonly counts: pulumi.Output<InventoryCounts<AzureKeyManager>>;
  /** ISO 8601; when the keys were listed. */
  declare public readonly listedAt: pulumi.Output<string>;
  /** The tenant, a GUID. */
  declare public readonly tenantId: pulumi.Output<string>;
  /** `https://HOST`. */
  declare public readonly vaultUrl: pulumi.Output<string>;

  #keys: pulumi.Output<readonly AzureInventoryRecord[]> | undefined;

  /**
   * @param name - name of the resource in the program.
   * @param args - whose keys, and which of them.
   * @param opts - Pulumi's options for any resource.
   */
  constructor(name: string, args: AzureKeyInventoryArgs, opts?: pulumi.CustomResourceOptions) {
    const { group, managed } = requireArgs("AzureKeyInventory", name, args);
    if (!(group instanceof AzureKeyVaultGroup))
      throw wrongResource("AzureKeyInventory", name, "group", "AzureKeyVaultGroup", group);
    const unpacked = {
      group: group.carried,
      managed: managed === undefined ? undefined : ownKeys(name, group, managed),
    };
    super("AzureKeyInventory", name, { args, unpacked, defaulted, outputs }, opts);
  }

  /** The keys in the list, oldest entry first. */
  get keys(): pulumi.Output<readonly AzureInventoryRecord[]> {
    this.#keys ??= this.listing.apply(unpackedAzureKeys);
    return this.#keys;
  }
}

/** Names by lineage, which is the id of an AzureKey, and the group's by its wrapping key, as one text: Pulumi spends its time per value. */
function ownKeys(name: string, group: AzureKeyVaultGroup, managed: readonly AzureKey[]): pulumi.Output<string> {
  const pairs = managed.map((key, index) => {
    if (key instanceof AzureKey) return pulumi.all([key.id, key.urn]);
    throw wrongResource("AzureKeyInventory", name, `managed[${index}]`, "AzureKey", key);
  });
  const names = pulumi
    .all([pulumi.all(pairs), group.wrappingKey, group.urn])
    .apply(([known, pin, urn]) =>
      Object.fromEntries([
        ...known.map(([id, ofKey]) => [id, nameInUrn(ofKey)] as const),
        ...(pin === undefined ? [] : [[withoutVersion(pin.id), nameInUrn(urn)] as const]),
      ]),
    );
  return pulumi.jsonStringify(names);
}

/** A wrapping key has one version, and is listed by its name. */
const withoutVersion = (id: string): string => id.split("/").slice(0, -1).join("/");
