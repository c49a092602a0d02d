import { azureConnectionOf } from "../azure-connection-of";
import type { LifecycleContext } from "../contract";
import { isReturningInToken, noteReturning } from "../deletion-schedule/note-copies";
import type { AzureKeyRecord } from "../inputs/azure-key-record";
import { keyIdOf, seeKey, type SeenKey } from "./see-key";

/**
 * Takes the token's note away that a removal of the schedule began, where the schedule is there again and its key is deleted still: that removal brought nothing
 * back, and whoever recovers the key from now on means to use it.
 *
 * @param date - that of the schedule, as its state has it
 * @param seen - the key as it is now; looked for where it is not known
 */
export async function forgetReturning(
  context: LifecycleContext,
  key: AzureKeyRecord,
  date: unknown,
  seen?: SeenKey,
): Promise<void> {
  const linked = { arn: keyIdOf(key), source: key.source };
  if (!(await isReturningInToken(context, linked, date))) return;
  const now = seen ?? (await seeKey(context.keyVault(azureConnectionOf(key.group)), key.keyName));
  if (now.kind === "deleted") await noteReturning(context, linked, undefined);
}
