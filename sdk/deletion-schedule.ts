import type * as pulumi from "@pulumi/pulumi";
import type { KmsKeyState } from "../provider/model/ports/kms";
import { AwsKmsKey } from "./aws-kms-key";
import { AzureKey } from "./azure-key";
import { ByokResource } from "./byok-resource";
import { misuse, propertyOf, requireArgs, wrongResource } from "./misuse";

/** Arguments of {@link DeletionSchedule}. */
export interface DeletionScheduleArgs {
  /** The key to delete. A schedule keeps its key: another key is another DeletionSchedule. */
  key: AwsKmsKey | AzureKey;
  /**
   * Waiting period of ScheduleKeyDeletion, in days, 7 to 30. Default 30. A change counts from the day of the change: the deletion is cancelled and
   * scheduled anew, and the key is unusable all the while. It needs another `confirm`.
   *
   * A key in Azure is soft-deleted, and the vault's retention is the only window there is: leave it out, or write that number; another one is refused.
   */
  windowInDays?: pulumi.Input<number>;
  /**
   * What removing this resource does while the key is there. `leave` (default): the key stays scheduled. `cancel`: the deletion is cancelled, and
   * the key is disabled (in Azure: the key is recovered, and every version of this resource disabled). It counts from the `up` that sets it.
   */
  onRemove?: pulumi.Input<"leave" | "cancel">;
  /**
   * True, with `onRemove: "cancel"`: the key is enabled after the deletion was cancelled, if it was enabled when this resource scheduled it; of a
   * key in Azure, the versions that were enabled then, and no other. Default false.
   */
  restoreEnabled?: pulumi.Input<boolean>;
  /**
   * The word that the refusal of the first preview names, next to what the deletion means. It is bound to the key, its state and its dates, so
   * it goes stale by itself; while nothing is due it is ignored. Errors: BYOK_CONFIRM_REQUIRED.
   */
  confirm?: pulumi.Input<string>;
}

/** A replica whose deletion is scheduled with that of its key. */
export interface ScheduledReplica {
  readonly region: string;
  readonly arn: string;
  /** KeyState of DescribeKey, as last seen; `Destroyed` once AWS has deleted the replica. */
  readonly keyState: KmsKeyState | "Destroyed";
  /** ISO 8601; absent of a primary that waits for the others. */
  readonly deletionDate?: string;
  /** Whether it was enabled when this resource scheduled it: `restoreEnabled` enables no other. */
  readonly enabledBefore: boolean;
}

const outputs = ["arn", "keyId", "keyState", "deletionDate", "pending"] as const;
/** Derived by the provider; a program cannot set them. */
const derived = [
  ...(["account", "region", "plannedDay", "scheduled", "enabledBefore", "places"] as const),
  ...(["cloud", "vaultUrl", "keyName", "retentionDays"] as const),
] as const;
const defaulted = ["windowInDays", "onRemove", "restoreEnabled"] as const;

/**
 * The deletion of a key in some days, and its cancellation. A KMS key gets AWS's waiting period; a key in Azure is soft-deleted with all its versions, and purged by
 * Azure after the vault's retention. From the moment of scheduling nobody can use the key; until the date it can be
 * taken back, by removing this resource with `onRemove: "cancel"`. Aliases stay on the key until AWS deletes both.
 *
 * Where key and schedule go together, as on `pulumi destroy`, the key's own delete keeps the date, and this resource is let go of without a
 * word (Pulumi's option `deletedWith`, which this class sets). After the date it stays in the state with keyState `Destroyed`, and `pulumi up`
 * says which lines to remove.
 *
 * Of a multi-Region key every Region that the program names goes: the replicas first, then the primary, whose days count once AWS has deleted the last of them.
 *
 * Permissions, in each Region: kms:DescribeKey, kms:ListAliases, kms:ListResourceTags, kms:ScheduleKeyDeletion; kms:GetKeyLastUsage for a word in the warning; for another window and for `cancel`
 * kms:CancelKeyDeletion; for `restoreEnabled` kms:EnableKey. In Azure key permissions get, list, delete; for `cancel` recover and update.
 *
 * @example
 * ```ts
 * new byok.DeletionSchedule("retire-reports", { key: reports, windowInDays: 14, confirm: "maple-1a2b3c4d" });
 * ```
 */
export class DeletionSchedule extends ByokResource {
  /** ARN of the key; absent of a key in Azure. */
  declare public readonly arn: pulumi.Output<string | undefined>;
  /** Key id of the key; in Azure `https://HOST/keys/NAME`. */
  declare public readonly keyId: pulumi.Output<string>;
  /** KeyState of DescribeKey, as last seen, in Azure `Deleted`; `Destroyed` once the key is gone for ever. */
  declare public readonly keyState: pulumi.Output<KmsKeyState | "Deleted" | "Destroyed">;
  /** ISO 8601; when AWS deletes the key in the Region of its group, or Azure purges it. Absent while a multi-Region primary waits for its replicas. */
  declare public readonly deletionDate: pulumi.Output<string | undefined>;
  /** The replicas of a multi-Region key, which go with it; absent of a key without replicas. */
  declare public readonly replicas?: pulumi.Output<ScheduledReplica[]>;
  /**
   * ISO 8601; when AWS deletes the last key of a multi-Region key, its primary: `windowInDays` after the last of its replicas. Absent of a key without replicas, and where
   * it cannot be told, because AWS keeps a replica that the program does not name.
   */
  declare public readonly expectedDeletionDate?: pulumi.Output<string | undefined>;
  /** Steps that are still due, in words; empty when all is done. */
  declare public readonly pending: pulumi.Output<string[]>;
  /** As in the arguments; 30 by default, absent of a key in Azure where the program names none. */
  declare public readonly windowInDays: pulumi.Output<number | undefined>;
  /** As in the arguments; `leave` by default. */
  declare public readonly onRemove: pulumi.Output<"leave" | "cancel">;
  /** As in the arguments; false by default. */
  declare public readonly restoreEnabled: pulumi.Output<boolean>;

  /**
   * @param name - name of the resource in the program.
   * @param args - the key, and when it is to go.
   * @param opts - Pulumi's options for any resource but `deletedWith`, which this class sets.
   */
  constructor(name: string, args: DeletionScheduleArgs, opts?: pulumi.CustomResourceOptions) {
    const key = propertyOf(requireArgs("DeletionSchedule", name, args), "key");
    if (!(key instanceof AwsKmsKey || key instanceof AzureKey))
      throw wrongResource("DeletionSchedule", name, "key", ["AwsKmsKey", "AzureKey"], key);
    if (opts?.deletedWith !== undefined) {
      throw misuse(
        "DeletionSchedule",
        name,
        "deletedWith is always the key, so that the key is not usable in between. Leave it out.",
      );
    }
    const places = key instanceof AzureKey ? [] : key.replicaGroups.map((group) => ({ group: group.carried }));
    const isAlone = places.length === 0;
    const unpacked = {
      key: key.carried,
      ...(key instanceof AzureKey ? { cloud: "azure" } : {}),
      ...(isAlone ? {} : { places }),
    };
    // The schedule of a single-Region key has no outputs of a multi-Region one: Pulumi spends its time per value.
    const found = isAlone ? outputs : [...outputs, "replicas", "expectedDeletionDate"];
    const shape = { args, unpacked, defaulted, outputs: found, derived };
    super("DeletionSchedule", name, shape, { ...opts, deletedWith: key });
  }
}
