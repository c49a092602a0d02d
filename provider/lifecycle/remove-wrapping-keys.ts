import { wrappingKeyPrefix, wrappingKeyTag } from "../model/owner";
import type { KeyVaultPort, KeyVersionFacts } from "../model/ports/key-vault";
import type { LifecycleContext } from "./contract";

/** Removes the wrapping keys that were made for one of the owners, all or those that `goes` names. Nothing is ever encrypted under them but an import in flight. */
export async function removeWrappingKeys(
  context: LifecycleContext,
  port: KeyVaultPort,
  owners: readonly string[],
  goes: (key: KeyVersionFacts) => boolean = () => true,
): Promise<void> {
  const names: string[] = [];
  for await (const key of port.listKeys())
    if (owners.includes(key.tags[wrappingKeyTag] ?? "") && key.name.startsWith(wrappingKeyPrefix) && goes(key))
      names.push(key.name);
  for (const name of names) {
    context.mayProceed();
    context.log.progress(`removing the wrapping key ${name}`);
    await port.deleteKey(name);
  }
}
