import { makePlan } from "../../provider/cli/plan/make-plan";
import type { PlanItem } from "../../provider/cli/plan/plan-item";
import { packageResources } from "../../provider/cli/stack-export";
import { folded } from "../../provider/host/carried-records";
import { azureKey } from "../../provider/lifecycle/azure-key";
import { azureKeyBackup } from "../../provider/lifecycle/azure-key-backup";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { deletionSchedule } from "../../provider/lifecycle/deletion-schedule";
import { azureProgram, recordOfKey } from "../lifecycle/azure-programs";
import { vaultUrl } from "../lifecycle/fake-key-vault";
import { World, type EngineResource } from "../lifecycle/lifecycle-world";

let world: World;
let key: EngineResource;
beforeEach(async () => {
  world = new World();
  world.vault.purgeProtection = false;
  key = world.resource(azureKey, "signing");
  await key.up(azureProgram({ deletion: { purge: true } }));
});

/** What `pulumi stack export` shows of a resource. */
const exported = (kind: string, name: string, { id, outputs }: EngineResource): unknown => ({
  urn: `urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:${kind}::${name}`,
  type: `pulumi-nodejs:dynamic/byok:${kind}`,
  id,
  outputs: folded(kind, outputs),
});
const plan = (...resources: readonly unknown[]): Promise<readonly PlanItem[]> =>
  makePlan({
    resources: packageResources({ deployment: { resources } }),
    preview: undefined,
    ask: undefined,
    now: world.kms.now,
  });
const saidOf = async (...resources: readonly unknown[]): Promise<readonly string[]> =>
  (await plan(...resources)).map(({ consequences }) => consequences.join(" "));

const backUp = async (more: PlainRecord): Promise<EngineResource> => {
  const backup = world.resource(azureKeyBackup, "escrow");
  await backup.up({ key: recordOfKey(key), ...more });
  return backup;
};

describe("the plan of a destroy in Azure", () => {
  it("names the backups that would undo a purge, or says that there is none", async () => {
    expect(await saidOf(exported("AzureKey", "signing", key))).toEqual([
      expect.stringContaining("No AzureKeyBackup of it is in this state"),
    ]);
    const byFile = { ...key.outputs, material: { byok: "a.byok", spec: "RSA_3072" } };
    expect(
      await saidOf(
        exported(
          "AzureKey",
          "signing",
          Object.assign(world.resource(azureKey, "signing"), { id: key.id, outputs: byFile }),
        ),
      ),
    ).toEqual([expect.stringContaining("An import of a.byok opens what it encrypted")]);
    const kept = await backUp({ file: "./escrow/signing" });
    const [ofKey, ofBackup] = await saidOf(
      exported("AzureKey", "signing", key),
      exported("AzureKeyBackup", "escrow", kept),
    );
    expect(ofKey).toContain(
      "A restore can undo that, from ./escrow/signing of AzureKeyBackup escrow (1 version, 2026-06-01).",
    );
    expect(ofBackup).toContain("stays; only the record goes");
  });

  it("says which backup goes with it", async () => {
    const deleted = await backUp({ file: "./escrow/signing", onRemove: "delete" });
    const items = await plan(exported("AzureKey", "signing", key), exported("AzureKeyBackup", "escrow", deleted));
    expect(items[0]?.consequences.join()).toContain("which a removal of that resource deletes");
    expect(items[1]).toMatchObject({ destructive: true });
    world.files.content.clear();
    const output = await backUp({ output: true });
    const [ofKey, ofBackup] = await saidOf(
      exported("AzureKey", "signing", key),
      exported("AzureKeyBackup", "escrow", output),
    );
    expect(ofKey).toContain("which goes with that resource");
    expect(ofBackup).toContain("stands in this state only");
    expect(`${ofKey ?? ""}${ofBackup ?? ""}`).not.toContain(String(output.outputs["blob"]));
  });

  it("knows the schedule of a key in a vault", async () => {
    await key.up(azureProgram());
    const program = { key: recordOfKey(key), cloud: "azure" };
    const schedule = world.resource(deletionSchedule, "retire");
    const word = /confirm: "(\S+)"/.exec((await schedule.complaints(program)).join())?.[1];
    await schedule.up({ ...program, confirm: word });
    expect(await plan(exported("DeletionSchedule", "retire", schedule))).toMatchObject([
      {
        destructive: true,
        consequences: [`${vaultUrl}/keys/signing stays soft-deleted: Azure purges it on 2026-08-30.`],
        undo: { until: "2026-08-30" },
      },
    ]);
    await schedule.up({ ...program, onRemove: "cancel" });
    expect(await plan(exported("DeletionSchedule", "retire", schedule))).toMatchObject([
      { destructive: false, consequences: [expect.stringContaining("every version of it is disabled")] },
    ]);
  });
});
