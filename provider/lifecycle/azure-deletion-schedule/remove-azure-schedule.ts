import { ByokError, type ByokErrorCode } from "../../model/errors";
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
  if (seen.kind === "live" && !isUnfinished) {
    if (!(await isReturningInToken(context, linked, date))) {
      context.log.warn(
        `${keyId} is there already, and stays as it is: somebody recovered it, or a removal that was cut off did, before it disabled any version. Disable its versions if nobody is to use it.`,
      );
      return;
    }
    if (!restoreEnabled)
      context.log.warn(
        `${keyId} is there already, and the token remembers that a removal was cut off while Azure recovered it; so its versions are disabled now, as was asked for then. If somebody recovered it by hand since, az keyvault key set-attributes --enabled true makes a version usable again.`,
      );
  }
  if (seen.kind === "deleted") {
    // A run that is stopped here notes nothing: no request went out that could bring the key back.
    context.mayProceed();
    if (!restoreEnabled && typeof date === "string") await noteReturning(context, linked, date);
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

/**
 * An answer that was lost may have recovered it all the same. Where the key certainly did not come back, whoever recovers it by hand later means to use it, so the
 * token's note goes.
 */
async function recover(
  context: LifecycleContext,
  port: KeyVaultPort,
  { keyName, linked }: { readonly keyName: string; readonly linked: LinkedKey },
): Promise<void> {
  try {
    await port.recoverKey(keyName);
  } catch (error) {
    if ((await port.listVersions(keyName).catch(() => [])).length > 0) return;
    const isDeleted = async (): Promise<boolean> =>
      (await port.getDeleted(keyName).catch(() => undefined)) !== undefined;
    if (saysNo(ByokError.from(error, "Recovering the key")) || (await isDeleted()))
      await noteReturning(context, linked, undefined);
    throw error;
  }
}

const noes: readonly ByokErrorCode[] = [
  ...(["BYOK_AZURE_ACCESS_DENIED", "BYOK_AZURE_CREDENTIALS", "BYOK_AZURE_THROTTLED"] as const),
  ...(["BYOK_AZURE_TLS_UNTRUSTED", "BYOK_AZURE_WRONG_TENANT", "BYOK_AZURE_REQUEST_INVALID"] as const),
];

/** True of an answer after which Azure certainly did nothing; that a vault lets nobody in from here is one, and that it cannot be reached is none. */
const saysNo = ({ code, retryable }: ByokError): boolean =>
  noes.includes(code) || (code === "BYOK_AZURE_UNREACHABLE" && !retryable);

/** Whether somebody recovered it; a vault that cannot be reached does not keep a schedule that changes nothing there. */
async function isLive(context: LifecycleContext, key: AzureKeyRecord): Promise<boolean> {
  try {
    const seen = await seeKey(context.keyVault(azureConnectionOf(key.group)), key.keyName);
    return seen.kind === "live" && foreignLineageOf(seen, key) === undefined;
  } catch {
    return false;
  }
}
