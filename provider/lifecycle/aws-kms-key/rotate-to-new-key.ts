import { keyVersionsIn, type KeyVersion } from "../../model/key-versions";
import type { KmsPort } from "../../model/ports/kms";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../contract";
import { textList } from "../text-list";
import { parseKeyInputs, type KeyInputs } from "./key-inputs";
import { formerOrigin, identityOf, originOf } from "./key-material";
import { locateKey } from "./locate-key";
import { ensureKeySet } from "./replicas/ensure-key-set";
import { rotationSettings } from "./rotation-settings";

/** A rotation of a key that exists. */
export interface Rotation {
  readonly lineage: string;
  readonly inputs: KeyInputs;
  readonly olds: PlainRecord;
}

/**
 * Rotates by a new KMS key: it is made (or found, where an earlier run was cut off), gets the material, its policy and its state, and only then
 * each alias moves to it, one UpdateAlias each. The former KMS key is not touched here.
 *
 * @throws PartialFailure whose outputs name the new key and every former one, so that the next run moves on and a destroy forgets none.
 */
export async function rotateToNewKey(
  context: LifecycleContext,
  kms: KmsPort,
  rotation: Rotation,
): Promise<PlainRecord> {
  const { lineage, inputs, olds } = rotation;
  const { afterRotation } = rotationSettings(inputs);
  const versions = withOrigins(keyVersionsIn(olds), olds, inputs).map((version): KeyVersion => {
    const isKnown = version.afterRotation !== undefined;
    return isKnown ? version : { ...version, afterRotation };
  });
  const formerKeys = new Set(versions.map((version) => version.keyId));
  const located = await locateKey(context, kms, inputs, lineage, formerKeys);
  // Proof, link and wrapping speak of the former key; its aliases are still there.
  const told = { versions, aliases: olds["aliases"], replicas: olds["replicas"] };
  try {
    return await ensureKeySet(context, kms, {
      lineage,
      keyId: located.keyId,
      inputs,
      madeNow: located.from === "made",
      keepMaterial: false,
      olds: told,
    });
  } catch (error) {
    if (!(error instanceof PartialFailure)) throw error;
    if (error.outputs["arn"] === undefined) {
      // Nothing was seen of the new key yet, so the state stays with the former one and only remembers that there is another.
      const { keyId, arn } = located;
      const unseen = { version: inputs.version, keyId, arn, keyState: "PendingImport" };
      const outputs = { ...olds, versions: [...keyVersionsIn(olds), unseen], pending: error.outputs["pending"] };
      throw new PartialFailure(error.id, outputs, error.failure);
    }
    const aliases = [...new Set([...textList(error.outputs["aliases"]), ...textList(olds["aliases"])])].sort();
    const outputs = { ...error.outputs, versions: error.outputs["versions"] ?? versions, aliases };
    throw new PartialFailure(error.id, outputs, error.failure);
  }
}

/** Versions whose material the key leaves behind remember where it came from: the program names another origin from now on. */
function withOrigins(versions: readonly KeyVersion[], olds: PlainRecord, inputs: KeyInputs): readonly KeyVersion[] {
  const [before, now] = [identityOf(parseKeyInputs(olds)), identityOf(inputs)];
  const former = parseKeyInputs(olds);
  // Each version of the key says which version of its source it is by the offset that it was made with.
  if (before === now && former.versionOffset === inputs.versionOffset) return versions;
  return versions.map((version) =>
    version.from?.token === undefined && (version.from?.origin ?? "HSM") === originOf(former.material)
      ? { ...version, from: formerOrigin(former, version.version) }
      : version,
  );
}
