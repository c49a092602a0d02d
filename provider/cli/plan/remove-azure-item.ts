import { z } from "zod";
import { purgeWord } from "../../lifecycle/azure-key/purge-word";
import { azureVersionsIn } from "../../model/azure-key-versions";
import { dayOf } from "../../model/deletion-consequence";
import { carried, type StackResource } from "../stack-export";
import { backupsOf } from "./remove-azure-backup";
import type { Meaning } from "./remove-other-item";
import { withOutputs } from "./state-facts";

const keyOutputs = z.object({
  keyId: z.string(),
  name: z.string(),
  vaultUrl: z.string(),
  version: z.int().positive(),
  keyState: z.string(),
  recoveryLevel: z.string().default(""),
  scheduledPurgeDate: z.string().optional(),
  deletion: z.object({ purge: z.boolean().optional() }).optional(),
  material: z.object({
    source: carried(z.object({ name: z.string() })).optional(),
    file: z.string().optional(),
    byok: z.string().optional(),
    native: z.boolean().optional(),
  }),
  versions: carried(z.unknown()).optional(),
});

const groupOutputs = z.object({ vaultUrl: z.string(), retentionDays: z.number().optional() });

const dayInMs = 86_400_000;

/** What the removal of a key of a vault does, from what the state tells; undefined where the state cannot be read. */
export function removeAzureKey(resource: StackResource, all: readonly StackResource[], now: Date): Meaning | undefined {
  const key = keyOutputs.safeParse(resource.outputs).data;
  if (key === undefined) return undefined;
  const { keyId, keyState, material, scheduledPurgeDate } = key;
  const known = azureVersionsIn(key);
  if (keyState === "Destroyed")
    return { destructive: false, consequences: [`Azure has purged ${keyId}; only the record goes.`], dependents: [] };
  const days = withOutputs(all, "AzureKeyVaultGroup", groupOutputs).find(
    ({ outputs }) => outputs.vaultUrl === key.vaultUrl,
  )?.outputs.retentionDays;
  const until =
    scheduledPurgeDate?.slice(0, 10) ??
    (days === undefined ? undefined : dayOf(new Date(now.getTime() + days * dayInMs)));
  const count = `${known.length} version${known.length === 1 ? "" : "s"}`;
  const consequences =
    keyState === "Deleted"
      ? [`${keyId} is soft-deleted already; only the record goes.`]
      : [`${keyId} is soft-deleted with ${count}: from then on nobody can decrypt, verify or sign with it.`];
  const back = wayBack(material);
  const purges = key.deletion?.purge === true;
  const isProtected = key.recoveryLevel !== "" && !key.recoveryLevel.includes("Purgeable");
  const backups = backupsOf(key, all);
  if (!purges)
    return {
      destructive: keyState !== "Deleted",
      consequences: [...consequences, `Once Azure has purged it, nothing recovers it. ${back}`],
      dependents: [],
      undo: { ...(until === undefined ? {} : { until }), how: "the same AzureKey again, or az keyvault key recover" },
    };
  if (isProtected)
    return {
      destructive: true,
      consequences: [
        ...consequences,
        "It is to be purged (deletion.purge), and the vault has purge protection: the removal is refused until deletion.purge is gone.",
      ],
      dependents: [],
    };
  return {
    destructive: true,
    consequences: [
      ...consequences,
      `It is purged at once (deletion.purge): nothing recovers it. ${back}`,
      backups.length === 0
        ? "No AzureKeyBackup of it is in this state, so a restore cannot undo that."
        : `A restore can undo that, from ${backups.join("; ")}.`,
    ],
    dependents: [],
    confirm: {
      word: purgeWord({ id: resource.id ?? "", vaultUrl: key.vaultUrl, name: key.name, version: key.version, known }),
      as: "BYOK_CONFIRM",
      from: "state",
    },
  };
}

function wayBack({ native, byok }: z.infer<typeof keyOutputs>["material"]): string {
  if (native === true) return "Azure made its material, and nobody else has it.";
  if (byok !== undefined)
    return `An import of ${byok} opens what it encrypted, as a new version with another id, while the group's wrapping key is there; afterwards only whoever made the file can wrap the key again.`;
  return "Importing the same material again, under this name or another, opens what it encrypted, but as a new version with another id.";
}
