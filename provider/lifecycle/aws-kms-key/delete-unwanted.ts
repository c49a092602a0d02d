import type { KmsPort } from "../../model/ports/kms";
import type { LifecycleContext } from "../contract";

/** Aliases that the program named before and names no more stay on no former key. */
export async function deleteUnwanted(
  context: LifecycleContext,
  kms: KmsPort,
  { given, wanted }: { readonly given: readonly string[]; readonly wanted: readonly string[] },
  formerKeys: ReadonlySet<string>,
): Promise<void> {
  for (const alias of given.filter((name) => !wanted.includes(name))) {
    const target = await kms.aliasTarget(alias);
    if (target === undefined || !formerKeys.has(target)) continue;
    context.mayProceed();
    await kms.deleteAlias(alias);
  }
}
