import { ByokError } from "../../model/errors";
import { formerKeys, keyVersionsIn } from "../../model/key-versions";
import type { KmsPort } from "../../model/ports/kms";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../contract";
import { textList } from "../text-list";

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
    context.log.progress(`deleting ${alias}`);
    await kms.deleteAlias(alias);
  }
}

/**
 * The same for a key that is as it is to be, whichever run rotated it.
 *
 * @param key - with what the state knew before: its aliases are those that may still stand on a former key
 * @throws PartialFailure that goes on naming those aliases, so that the next run goes on
 */
export async function deleteGivenUp(
  context: LifecycleContext,
  kms: KmsPort,
  key: {
    readonly lineage: string;
    readonly wanted: readonly string[];
    readonly given: readonly string[];
    readonly outputs: PlainRecord;
  },
): Promise<void> {
  const { lineage, wanted, given, outputs } = key;
  const former = formerKeys(keyVersionsIn(outputs), String(outputs["keyId"])).map(({ keyId }) => keyId);
  if (former.length === 0) return;
  const step = "delete the aliases that the program gave up";
  try {
    await deleteUnwanted(context, kms, { given, wanted }, new Set(former));
  } catch (error) {
    const aliases = [...new Set([...textList(outputs["aliases"]), ...given])].sort();
    const pending = [...textList(outputs["pending"]), step];
    throw new PartialFailure(lineage, { ...outputs, aliases, pending }, ByokError.from(error, step).with({ step }));
  }
}
