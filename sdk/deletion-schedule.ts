import type * as pulumi from "@pulumi/pulumi";
import type { KmsKeyState } from "../provider/model/ports/kms";
import { AwsKmsKey } from "./aws-kms-key";
import { ByokResource } from "./byok-resource";
import { misuse, propertyOf, requireArgs, wrongResource } from "./misuse";

/** Arguments of {@link DeletionSchedule}. */
export interface DeletionScheduleArgs {
  /** The key to delete. A schedule keeps its key: another key is another DeletionSchedule. */
  key: AwsKmsKey;
  /**
   * Waiting period of ScheduleKeyDeletion, in days, 7 to 30. Default 30. A change counts from the day of the change: the deletion is cancelled and
   * scheduled anew, and the key is unusable all the while. It needs another `confirm`.
   */
  windowInDays?: pulumi.Input<number>;
  /**
   * What removing this resource does while the key is there. `leave` (default): the key stays scheduled. `cancel`: the deletion is cancelled, and
   * the key is disabled. It counts from the `up` that sets it.
   */
  onRemove?: pulumi.Input<"leave" | "cancel">;
  /**
   * True, with `onRemove: "cancel"`: the key is enabled after the deletion was cancelled, if it was enabled when this resource scheduled it.
   * Default false.
   */
  restoreEnabled?: pulumi.Input<boolean>;
  /**
   * The word that the refusal of the first preview names, next to what the deletion means. It is bound to the key, its state and its dates, so
   * it goes stale by itself; while nothing is due it is ignored. Errors: BYOK_CONFIRM_REQUIRED.
   */
  confirm?: pulumi.Input<string>;
}

const outputs = ["arn", "keyId", "keyState", "deletionDate", "pending"] as const;
/** Derived by the provider; a program cannot set them. */
const derived = ["account", "region", "plannedDay", "scheduled", "enabledBefore"] as const;
const defaulted = ["windowInDays", "onRemove", "restoreEnabled"] as const;

/**
 * The deletion of a key in some days, and its cancellation. From the moment of scheduling nobody can use the key; until the date it can be
 * taken back, by removing this resource with `onRemove: "cancel"`. Aliases stay on the key until AWS deletes both.
 *
 * Where key and schedule go together, as on `pulumi destroy`, the key's own delete keeps the date, and this resource is let go of without a
 * word (Pulumi's option `deletedWith`, which this class sets). After the date it stays in the state with keyState `Destroyed`, and `pulumi up`
 * says which lines to remove.
 *
 * Permissions: kms:DescribeKey, kms:ListAliases, kms:ListResourceTags, kms:ScheduleKeyDeletion; kms:GetKeyLastUsage for a word in the warning; for another window and for `cancel`
 * kms:CancelKeyDeletion; for `restoreEnabled` kms:EnableKey.
 *
 * @example
 * ```ts
 * new byok.DeletionSchedule("retire-reports", { key: reports, windowInDays: 14, confirm: "maple-1a2b3c4d" });
 * ```
 */
export class DeletionSchedule extends ByokResource {
  /** ARN of the key. */
  declare public readonly arn: pulumi.Output<string>;
  /** Key id of the key. */
  declare public readonly keyId: pulumi.Output<string>;
  /** KeyState of DescribeKey, as last seen; `Destroyed` once AWS has deleted the key. */
  declare public readonly keyState: pulumi.Output<KmsKeyState | "Destroyed">;
  /** ISO 8601; when AWS deletes the key. Absent while a multi-Region primary waits for its replicas. */
  declare public readonly deletionDate: pulumi.Output<string | undefined>;
  /** Steps that are still due, in words; empty when all is done. */
  declare public readonly pending: pulumi.Output<string[]>;
  /** As in the arguments; 30 by default. */
  declare public readonly windowInDays: pulumi.Output<number>;
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
    if (!(key instanceof AwsKmsKey)) throw wrongResource("DeletionSchedule", name, "key", "AwsKmsKey", key);
    if (opts?.deletedWith !== undefined) {
      throw misuse(
        "DeletionSchedule",
        name,
        "deletedWith is always the key, so that the key is not usable in between. Leave it out.",
      );
    }
    const shape = { args, unpacked: { key: key.carried }, defaulted, outputs, derived };
    super("DeletionSchedule", name, shape, { ...opts, deletedWith: key });
  }
}
