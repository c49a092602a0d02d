import { ByokError } from "../../model/errors";
import type { PinnedWrappingKey } from "../../model/ports/azure-import";
import type { KeyVaultPort } from "../../model/ports/key-vault";
import type { LifecycleContext } from "../contract";
import { removeWrappingKeys } from "../remove-wrapping-keys";
import { partsOfId } from "./adopt-version";
import type { AzureKeyGoal } from "./azure-key-inputs";

/** True where each import makes a wrapping key of its own. */
export const makesOwnWrappingKey = ({ group, material }: Pick<AzureKeyGoal, "group" | "material">): boolean =>
  group.kek.lifetime === "import" && !("native" in material || "byok" in material);

/** A run that was cut off in an import may have left the wrapping key of that import; this removes it. */
export async function removeLeftWrappingKeys(
  context: LifecycleContext,
  port: KeyVaultPort,
  inputs: AzureKeyGoal,
): Promise<void> {
  if (makesOwnWrappingKey(inputs)) await removeWrappingKeys(context, port, [inputs.owner]);
}

/** The custodian removes the wrapping key after the import; where Azure did not let it, it is tried once more, and told. */
export async function requireRemoved(
  context: LifecycleContext,
  port: KeyVaultPort,
  inputs: AzureKeyGoal,
  { id }: PinnedWrappingKey,
): Promise<void> {
  if (!makesOwnWrappingKey(inputs)) return;
  const { name } = partsOfId(id);
  try {
    if ((await port.getKey(name)) !== undefined) await port.deleteKey(name);
  } catch (error) {
    const { sentence } = ByokError.from(error, "Removing the wrapping key");
    context.log.warn(
      `the wrapping key ${name} of this import is still there: ${sentence} The next import of this key removes it.`,
    );
  }
}
