import { ByokError } from "../../model/errors";
import type { KeyVaultPort } from "../../model/ports/key-vault";
import { azureConnectionOf } from "../azure-connection-of";
import type { LifecycleContext, PlainRecord } from "../contract";
import { isReturningInToken, noteReturning, noteStaying, type LinkedKey } from "../deletion-schedule/note-copies";
import type { AzureKeyRecord } from "../inputs/azure-key-record";
import { isKeptByAnother } from "../keepers";
import { disableReturned, isReturning } from "./disable-returned";
import { parseAzureSchedule } from "./record-azure-schedule";
import { foreignLineageOf, keyIdOf, seeKey } from "./see-key";

/**
 * Lets go of the schedule: as it is, or by recovering the key. Azure brings versions back as they were; unless that was asked for, ours are disabled right after. A key that
 * somebody recovered by hand may be in use, and is left alone.
 * With its key, this never runs: the key's own delete keeps the date.
 */
export async function removeAzureSchedule(context: LifecycleContext, id: string, outputs: PlainRecord): Promise<void> {
  const { key, onRemove, restoreEnabled } = parseAzureSchedule(outputs);
  if (outputs["keyState"] === "Destroyed") return;
  const keyId = keyIdOf(key);
  if (isKeptByAnother(keyId, id)) {
    context.log.info(`${keyId} is deleted by another resource of this program now and stays so.`);
    return;
  }
  if (onRemove === "leave" || outputs["scheduled"] === false) {
    const isBack = (await isLive(context, key)) || outputs["scheduled"] === false;
    if (isBack) await noteStaying(context, { arn: keyId, source: key.source });
    const date = typeof outputs["deletionDate"] === "string" ? ` on ${outputs["deletionDate"].slice(0, 10)}` : "";
    context.log.warn(
      isBack
        ? `${keyId} was recovered by somebody, and stays as it is.`
        : `${keyId} stays soft-deleted: Azure purges it${date}. Until then az keyvault key recover takes that back.`,
    );
    return;
  }
  const port = context.keyVault(azureConnectionOf(key.group));
  const seen = await seeKey(port, key.keyName);
  const lineage = foreignLineageOf(seen, key);
  if (seen.kind === "gone" || lineage !== undefined) {
    context.log.warn(
      lineage === undefined
        ? `Azure has purged ${keyId} already; there is nothing to recover.`
        : `${keyId} belongs to another resource now (lineage ${lineage}) and stays as it is.`,
    );
    return;
  }
  const linked = { arn: keyId, source: key.source };
  const date = outputs["deletionDate"];
  await noteStaying(context, linked);
  const isUnfinished = seen.kind === "live" && isReturning(seen.versions);
  if (seen.kind === "live" && !isUnfinished && !(await isReturningInToken(context, linked, date))) {
    context.log.warn(
      `${keyId} is there already, and stays as it is: somebody recovered it, or a removal that was cut off did, before it disabled any version. Disable its versions if nobody is to use it.`,
    );
    return;
  }
  if (seen.kind === "deleted") {
    if (!restoreEnabled && typeof date === "string") await noteReturning(context, linked, date);
    context.mayProceed();
    context.log.progress("recovering the key");
    await recover(context, port, { keyName: key.keyName, linked });
  }
  let left = 0;
  if (!restoreEnabled) {
    const isRemembered = await isReturningInToken(context, linked, date);
    left = await disableReturned(context, port, { key, isRemembered });
    if (isRemembered) await noteReturning(context, linked, undefined);
  }
  const others = left === 0 ? "" : ` ${left} enabled by others stay${left === 1 ? "s" : ""} as before.`;
  context.log.info(
    `${keyId} is recovered; its versions are ${restoreEnabled ? "as they were before" : "disabled. az keyvault key set-attributes --enabled true makes one usable again"}.${others} pulumi refresh tells its AzureKey.`,
  );
}

/** An answer that was lost may have recovered it all the same. */
async function recover(
  context: LifecycleContext,
  port: KeyVaultPort,
  { keyName, linked }: { readonly keyName: string; readonly linked: LinkedKey },
): Promise<void> {
  try {
    await port.recoverKey(keyName);
  } catch (error) {
    if ((await port.listVersions(keyName).catch(() => [])).length > 0) return;
    // Whoever may recover it by hand then means to use it.
    if (ByokError.from(error, "Recovering the key").code === "BYOK_AZURE_ACCESS_DENIED")
      await noteReturning(context, linked, undefined);
    throw error;
  }
}

/** Whether somebody recovered it; a vault that cannot be reached does not keep a schedule that changes nothing there. */
async function isLive(context: LifecycleContext, key: AzureKeyRecord): Promise<boolean> {
  try {
    const seen = await seeKey(context.keyVault(azureConnectionOf(key.group)), key.keyName);
    return seen.kind === "live" && foreignLineageOf(seen, key) === undefined;
  } catch {
    return false;
  }
}
