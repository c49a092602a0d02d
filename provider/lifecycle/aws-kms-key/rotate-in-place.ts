import { ByokError } from "../../model/errors";
import { keyVersionsIn, type KeyVersion } from "../../model/key-versions";
import { materialDescription } from "../../model/material-description";
import type { ImportReceipt } from "../../model/ports/custodian";
import type { KmsKeyMaterial, KmsPort } from "../../model/ports/kms";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../contract";
import { importRequest, wrappingOf } from "./ensure-key";
import type { KeyInputs } from "./key-inputs";
import { requireCopied } from "./key-material";
import { observeKey } from "./observe-key";
import { toldBy } from "./record-key";
import type { Rotation } from "./rotate-to-new-key";

/** How long AWS is given to make a material the current one, and how often it is asked. */
const patience = { attempts: 150, pauseMs: 2_000 } as const;
/** Rotations on demand that AWS allows a key (RotateKeyOnDemand), and from how many left on a warning is due. */
const rotationLimit = { most: 25, warnFrom: 3 } as const;

/**
 * Adds the new version to the same KMS key and makes it the current one: ImportKeyMaterial with NEW_KEY_MATERIAL, RotateKeyOnDemand, then waiting until AWS
 * shows it. The former material stays imported, so that what it encrypted stays readable. A run that was cut off is recognised by the description of the
 * material, whichever step it died in.
 *
 * @returns the outputs to go on with: versions with their KeyMaterialIds, and the new proof
 */
export async function rotateInPlace(
  context: LifecycleContext,
  kms: KmsPort,
  keyId: string,
  { lineage, inputs, olds }: Rotation,
): Promise<PlainRecord> {
  let current = "look at the key's materials";
  try {
    const observed = await observeKey(kms, keyId, { withMaterials: true });
    if (observed === undefined)
      throw new ByokError("BYOK_AWS_NOT_FOUND", `The KMS key ${keyId} does not exist any more.`);
    const wrapping = wrappingOf(inputs);
    const request = {
      ...importRequest(context, inputs, observed, wrapping),
      ...(inputs.validTo === undefined ? {} : { validTo: inputs.validTo }),
    };
    const custodian = context.custodian(requireCopied(inputs).group.token);
    const materials = observed.materials ?? [];
    warnOfLimit(context, materials);
    const versions = withMaterialIds(keyVersionsIn(olds), keyId, materials);
    let receipt: ImportReceipt | undefined;
    if (ownMaterial(materials, inputs) === undefined) {
      current = `import the key material of version ${inputs.version}`;
      context.mayProceed();
      context.log.progress(current);
      receipt = await custodian.importInto({ ...request, existing: false, additional: true });
    }
    current = `rotate to the key material of version ${inputs.version}`;
    const material = await becomeCurrent(context, kms, keyId, inputs);
    // Cut off after the import: the material is proved by one more import of the same.
    receipt ??= await custodian.prove({ ...request, existing: true, expectedKeyMaterialId: material.keyMaterialId });
    return { ...olds, versions, ...toldBy(receipt, inputs, wrapping) };
  } catch (error) {
    if (error instanceof PartialFailure) throw error;
    const failure = ByokError.from(error, current);
    throw new PartialFailure(lineage, { ...olds, pending: [current] }, failure.with({ step: current }));
  }
}

/** Waits until the version's material is the current one, and asks for that once. */
async function becomeCurrent(
  context: LifecycleContext,
  kms: KmsPort,
  keyId: string,
  inputs: KeyInputs,
): Promise<KmsKeyMaterial> {
  let asked = false;
  for (let attempt = 0; attempt < patience.attempts; attempt += 1) {
    const own = ownMaterial(await kms.listMaterials(keyId), inputs);
    if (own?.state === "CURRENT") return own;
    if (own?.state === "PENDING_ROTATION" && !asked) {
      context.mayProceed();
      context.log.progress(`rotating to the key material of version ${inputs.version}`);
      await kms.rotateOnDemand(keyId);
      asked = true;
      continue;
    }
    context.log.progress(`waiting until AWS has rotated to the key material of version ${inputs.version}`);
    await context.sleep(patience.pauseMs);
  }
  throw new ByokError("BYOK_AWS_FAILED", "AWS has not finished the rotation yet.", {
    hint: "It goes on in AWS. Run pulumi up again later; nothing is rotated twice.",
    retryable: true,
  });
}

const ownMaterial = (materials: readonly KmsKeyMaterial[], inputs: KeyInputs): KmsKeyMaterial | undefined => {
  const description = materialDescription(requireCopied(inputs));
  return materials.find((material) => material.description === description);
};

/** The material of a version that was imported when the id was not told: the only one that stands without a description of ours. */
function withMaterialIds(
  versions: readonly KeyVersion[],
  keyId: string,
  materials: readonly KmsKeyMaterial[],
): readonly KeyVersion[] {
  const first = materials.find((material) => material.state === "CURRENT" || material.state === "NON_CURRENT");
  return versions.map((version) =>
    version.keyId === keyId && version.keyMaterialId === undefined && first !== undefined
      ? { ...version, keyMaterialId: first.keyMaterialId }
      : version,
  );
}

function warnOfLimit(context: LifecycleContext, materials: readonly KmsKeyMaterial[]): void {
  const left = rotationLimit.most - materials.filter((material) => material.rotatedOnDemand).length - 1;
  if (left > rotationLimit.warnFrom) return;
  context.log.warn(
    `${Math.max(left, 0)} rotations in place are left for this KMS key (AWS allows ${rotationLimit.most}). Plan for rotationMode: "new-key".`,
  );
}
