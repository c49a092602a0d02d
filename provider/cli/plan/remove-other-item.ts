import type { z } from "zod";
import { closeWord, destroyWord } from "../../lifecycle/source-key/source-words";
import type { StackResource } from "../stack-export";
import type { PlanItem } from "./plan-item";
import { removeAzureBackup } from "./remove-azure-backup";
import { removeAzureKey } from "./remove-azure-item";
import { removeAzureSchedule } from "./remove-azure-schedule";
import { aliasOutputs, azureCopyOutputs, keyOutputs, scheduleOutputs, sourceOutputs, withOutputs } from "./state-facts";

/** The part of an item that depends on the kind of resource. */
export type Meaning = Pick<PlanItem, "destructive" | "consequences" | "dependents" | "undo" | "confirm">;

/** What the removal of a resource that is no key does, from what the state tells. */
export function removeOtherItem(resource: StackResource, all: readonly StackResource[], now: Date): Meaning {
  switch (resource.kind) {
    case "SourceKey":
      return removeSource(resource, all);
    case "AwsAlias":
      return removeAlias(resource);
    case "DeletionSchedule":
      return removeAzureSchedule(resource) ?? removeSchedule(resource);
    case "AzureKey":
      return removeAzureKey(resource, all, now) ?? unreadable();
    case "AzureKeyBackup":
      return removeAzureBackup(resource) ?? unreadable();
    case "AzureKeyVaultGroup":
      return nothing("Its wrapping key is deleted, which no other key needs any more; else only the record goes.");
    case "SourceGroup":
    case "AwsKmsGroup":
    case "AwsKeyInventory":
    case "AzureKeyInventory":
      return nothing("Only the record goes; it is nothing in a cloud or in a token.");
    default:
      return unreadable();
  }
}

const nothing = (sentence: string): Meaning => ({ destructive: false, consequences: [sentence], dependents: [] });

/** Better to say too much: a key whose state is strange, or a kind of a newer version. */
const unreadable = (): Meaning => ({
  destructive: true,
  consequences: [
    "The state of this resource cannot be read, so it is not known what its removal destroys. Run pulumi refresh, or a newer byok.",
  ],
  dependents: [],
});

/** Keys of the same stack that hold the material of a source key, or whose file is encrypted under it. */
const copiesOf = (owner: string, all: readonly StackResource[]): readonly string[] => [
  ...copiesInAws(owner, all),
  ...withOutputs(all, "AzureKey", azureCopyOutputs).flatMap(({ resource, outputs }) => {
    const { material, keyId } = outputs;
    if (material.source?.owner === owner) return [`AzureKey ${resource.name} (${keyId})`];
    return material.kek?.owner === owner ? [`AzureKey ${resource.name}, whose file it decrypts`] : [];
  }),
];

const copiesInAws = (owner: string, all: readonly StackResource[]): readonly string[] =>
  withOutputs(all, "AwsKmsKey", keyOutputs).flatMap(({ resource, outputs }) => {
    const { material, keyState, arn } = outputs;
    if (keyState === "Destroyed") return [];
    if (material.source?.owner === owner) return [`AwsKmsKey ${resource.name} (${arn})`];
    return material.kek?.owner === owner ? [`AwsKmsKey ${resource.name}, whose file it decrypts`] : [];
  });

function removeSource(resource: StackResource, all: readonly StackResource[]): Meaning {
  const parsed = sourceOutputs.safeParse(resource.outputs);
  if (!parsed.success) return unreadable();
  const { owner, label, onDestroy, versions } = parsed.data;
  const dependents = copiesOf(owner, all);
  if (onDestroy === "retain") {
    return {
      ...nothing(`${label} stays in the token with every version; the same resource finds it again.`),
      dependents,
    };
  }
  const [newest] = versions.slice(-1);
  const destroyed = `every version of ${label} leaves the token for ever: no copy of it can be imported again, made anew or proved. What the copies in a cloud encrypted they decrypt for as long as they live.`;
  const refused =
    "It is refused while a copy exists, and until the deletion date of each, because it may have to be imported again.";
  return {
    destructive: true,
    consequences: [destroyed, refused],
    dependents,
    ...(newest === undefined
      ? {}
      : {
          confirm: {
            word: destroyWord({
              id: newest.tokenKeyId,
              owner,
              version: newest.version,
              exportable: newest.state === "exportable",
            }),
            as: "BYOK_CONFIRM",
            from: "state",
          },
        }),
  };
}

/** What closing a source key for ever does; undefined where that is not what the program asks for. */
export function closeSource(
  resource: StackResource,
  inputs: Readonly<Record<string, unknown>>,
  all: readonly StackResource[],
): Meaning | undefined {
  const parsed = resource.kind === "SourceKey" ? sourceOutputs.safeParse(resource.outputs) : undefined;
  if (parsed?.success !== true || !parsed.data.exportable || inputs["exportable"] !== false) return undefined;
  const { owner, label, versions } = parsed.data;
  const [newest] = versions.filter(({ state }) => state === "exportable").slice(-1);
  return {
    destructive: true,
    consequences: [`${label} is closed for ever: no copy of it can be imported again, not even to repair one.`],
    dependents: copiesOf(owner, all),
    ...(newest === undefined
      ? {}
      : {
          confirm: {
            word: closeWord({ id: newest.tokenKeyId, owner, version: newest.version }),
            as: "confirm",
            from: "state",
          },
        }),
  };
}

function removeAlias(resource: StackResource): Meaning {
  const parsed = aliasOutputs.safeParse(resource.outputs);
  if (!parsed.success) return unreadable();
  const { name, targetKeyArn } = parsed.data;
  return {
    destructive: true,
    consequences: [
      `${name} is deleted, if it still points to ${targetKeyArn}: callers that name it fail from then on. The key stays, and decrypts what it encrypted by its ARN.`,
    ],
    dependents: [`callers of ${name}`],
    undo: { how: "the same AwsAlias again" },
  };
}

function removeSchedule(resource: StackResource): Meaning {
  const parsed = scheduleOutputs.safeParse(resource.outputs);
  if (!parsed.success) return unreadable();
  const { arn, keyState, onRemove, restoreEnabled, enabledBefore, replicas } = parsed.data;
  const isGone = [keyState, ...replicas.map((replica) => replica.keyState)].every((state) => state === "Destroyed");
  if (isGone) return nothing(`AWS has deleted ${arn} already; only the record goes.`);
  if (onRemove === "cancel") {
    const everywhere =
      replicas.length === 0 ? "" : `, and of its replicas in ${replicas.map(({ region }) => region).join(", ")},`;
    const state =
      replicas.length > 0
        ? restoreEnabled
          ? "each is enabled again where it was enabled before"
          : "each is left disabled"
        : `the key is ${restoreEnabled && enabledBefore ? "enabled again" : "left disabled"}`;
    return nothing(`The deletion of ${arn}${everywhere} is cancelled, and ${state}.`);
  }
  return staysScheduled(parsed.data);
}

/** The schedule goes, and what it scheduled stays so, in every Region. */
function staysScheduled({
  arn,
  keyState,
  deletionDate,
  expectedDeletionDate,
  replicas,
}: z.infer<typeof scheduleOutputs>): Meaning {
  const keys = [{ arn, keyState, deletionDate }, ...replicas].filter((key) => key.keyState !== "Destroyed");
  const dates = keys.map((key) => (key.deletionDate ?? expectedDeletionDate)?.slice(0, 10));
  const [first] = dates.flatMap((day) => day ?? []).sort();
  return {
    destructive: true,
    consequences: keys.map((key, index) => {
      const day = dates[index];
      const waits = key.deletionDate === undefined && replicas.length > 0 ? ", after all others" : "";
      return `${key.arn} stays scheduled for deletion${day === undefined ? "" : `: AWS deletes it on ${day}${waits}`}.`;
    }),
    dependents: [],
    undo: {
      ...(first === undefined ? {} : { until: first }),
      how: `onRemove: "cancel" before the removal, or kms:CancelKeyDeletion${replicas.length === 0 ? "" : ", in each of its Regions"}`,
    },
  };
}
