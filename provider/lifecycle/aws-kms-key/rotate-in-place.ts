import { ByokError } from "../../model/errors";
import { keyVersionsIn, type KeyVersion } from "../../model/key-versions";
import { materialDescription } from "../../model/material-description";
import type { ObservedKey } from "../../model/aws-key-steps";
import type { ImportReceipt, ImportRequest } from "../../model/ports/custodian";
import type { KmsKeyMaterial, KmsPort } from "../../model/ports/kms";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../contract";
import { importRequest, wrappingOf } from "./ensure-key";
import type { KeyInputs } from "./key-inputs";
import { requireCopied } from "./key-material";
import { observeKey } from "./observe-key";
import { toldBy } from "./record-key";
import { keyPlaces, placesTold, type KeyPlace } from "./replicas/key-places";
import type { Rotation } from "./rotate-to-new-key";
import { warnOfLimit, withWayOut } from "./rotation-limit";

/** How long AWS is given to make a material the current one, and how often it is asked. */
const patience = { attempts: 150, pauseMs: 2_000 } as const;

/** The key in one Region: a single-Region key is in one. */
interface Place extends KeyPlace {
  readonly observed: ObservedKey;
  receipt?: ImportReceipt;
}

/**
 * Adds the new version to the same KMS key and makes it the current one: ImportKeyMaterial with NEW_KEY_MATERIAL, RotateKeyOnDemand, then waiting until AWS
 * shows it. The former material stays imported, so that what it encrypted stays readable. Every replica of a multi-Region key gets the same material before
 * AWS rotates them all. A run that was cut off is recognised by the description of the material, whichever step it died in.
 *
 * @returns the outputs to go on with: versions with their KeyMaterialIds, and the new proof
 */
export async function rotateInPlace(
  context: LifecycleContext,
  kms: KmsPort,
  keyId: string,
  { lineage, inputs, olds }: Rotation,
): Promise<PlainRecord> {
  const { version } = inputs;
  let current = "look at the key's materials";
  const starts = (step: string): void => {
    current = step;
    context.mayProceed();
    context.log.progress(current);
  };
  try {
    const places = await observedPlaces(await keyPlaces(context, kms, keyId, { inputs, olds }), keyId);
    const [primary, ...replicas] = places;
    if (primary === undefined) return olds;
    const materials = primary.observed.materials ?? [];
    warnOfLimit(context, materials.filter((material) => material.rotatedOnDemand).length);
    if (ownMaterial(materials, inputs) === undefined) {
      refuseUnknownReplicas(primary, places);
      starts(`import the key material of version ${version}`);
      primary.receipt = await importInto(primary, { existing: false, additional: true });
    }
    if (replicas.length > 0) {
      const expectedKeyMaterialId = (await awaitMaterial(context, primary.kms, keyId, inputs)).keyMaterialId;
      for (const replica of replicas) {
        const held = replica.observed.materials?.some(
          (each) => each.keyMaterialId === expectedKeyMaterialId && each.imported,
        );
        if (held === true) continue;
        starts(`import the key material of version ${version} in ${replica.inputs.region}`);
        replica.receipt = await importInto(replica, { existing: true, described: true, expectedKeyMaterialId });
      }
    }
    current = `rotate to the key material of version ${version}`;
    const { keyMaterialId } = await becomeCurrent(context, primary.kms, keyId, inputs, { asks: true });
    for (const replica of replicas) {
      current = `rotate to the key material of version ${version} in ${replica.inputs.region}`;
      await becomeCurrent(context, replica.kms, keyId, inputs, { asks: false, keyMaterialId });
    }
    current = `prove the key material of version ${version}`;
    // Cut off after the import: the material is proved by one more import of the same.
    for (const place of places) place.receipt ??= await proveAgain(place, place === primary, keyMaterialId);
    return placesTold(places, olds, (place) => ({
      versions: withMaterialIds(keyVersionsIn(place.outputs), keyId, materials),
      ...(place.receipt === undefined ? {} : toldBy(place.receipt, place.inputs, wrappingOf(place.inputs))),
    }));
  } catch (error) {
    if (error instanceof PartialFailure) throw error;
    const failure = withWayOut(ByokError.from(error, current));
    throw new PartialFailure(lineage, { ...olds, pending: [current] }, failure.with({ step: current }));
  }
}

/** The primary first. */
async function observedPlaces(places: readonly KeyPlace[], keyId: string): Promise<readonly Place[]> {
  const observed: Place[] = [];
  for (const place of places) {
    const seen = await observeKey(place.kms, keyId, { withMaterials: true });
    if (seen === undefined)
      throw new ByokError(
        "BYOK_AWS_NOT_FOUND",
        `The KMS key ${keyId} does not exist any more in ${place.inputs.region}.`,
        { hint: "Run pulumi refresh." },
      );
    observed.push({ ...place, observed: seen });
  }
  return observed;
}

/** AWS rotates once every replica holds the material; one that is not ours to import into would leave the key half rotated for ever. */
function refuseUnknownReplicas({ observed: { facts } }: Place, places: readonly Place[]): void {
  const known = places.map(({ inputs }) => inputs.region);
  const unknown = (facts.replicaRegions ?? []).filter((region) => !known.includes(region));
  if (unknown.length === 0) return;
  throw new ByokError(
    "BYOK_AWS_INVALID_STATE",
    `${facts.arn} has a replica in ${unknown.join(", ")} that this program does not name, and AWS rotates a key in place only once every replica holds the new material. Nothing was imported.`,
    {
      hint: 'Wait until AWS has deleted it, or cancel its deletion and name it in replicas; or set rotationMode: "new-key", or follow: false until then.',
    },
  );
}

function importInto(
  { context, inputs, observed }: Place,
  how: Pick<ImportRequest, "existing" | "additional" | "described" | "expectedKeyMaterialId">,
): Promise<ImportReceipt> {
  return context.custodian(requireCopied(inputs).group.token).importInto({
    ...importRequest(context, inputs, observed, wrappingOf(inputs)),
    ...(inputs.validTo === undefined ? {} : { validTo: inputs.validTo }),
    ...how,
  });
}

/** A replica may be disabled, and AWS is asked nothing then but to take the same material again. */
function proveAgain(place: Place, isPrimary: boolean, expectedKeyMaterialId: string): Promise<ImportReceipt> {
  if (!isPrimary) return importInto(place, { existing: true, described: true, expectedKeyMaterialId });
  const { context, inputs, observed } = place;
  return context.custodian(requireCopied(inputs).group.token).prove({
    ...importRequest(context, inputs, observed, wrappingOf(inputs)),
    ...(inputs.validTo === undefined ? {} : { validTo: inputs.validTo }),
    existing: true,
    expectedKeyMaterialId,
  });
}

/** The version's material as the primary shows it. */
async function awaitMaterial(
  context: LifecycleContext,
  kms: KmsPort,
  keyId: string,
  inputs: KeyInputs,
): Promise<KmsKeyMaterial> {
  for (let attempt = 0; attempt < patience.attempts; attempt += 1) {
    const own = ownMaterial(await kms.listMaterials(keyId), inputs);
    if (own !== undefined) return own;
    await context.sleep(patience.pauseMs);
  }
  throw unfinished();
}

/** Waits until the version's material is the current one, and asks for that once where that is the primary's to be asked. */
async function becomeCurrent(
  context: LifecycleContext,
  kms: KmsPort,
  keyId: string,
  inputs: KeyInputs,
  { asks, keyMaterialId }: { readonly asks: boolean; readonly keyMaterialId?: string },
): Promise<KmsKeyMaterial> {
  let asked = !asks;
  for (let attempt = 0; attempt < patience.attempts; attempt += 1) {
    const materials = await kms.listMaterials(keyId);
    const own =
      keyMaterialId === undefined
        ? ownMaterial(materials, inputs)
        : materials.find((material) => material.keyMaterialId === keyMaterialId);
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
  throw unfinished();
}

const unfinished = (): ByokError =>
  new ByokError("BYOK_AWS_FAILED", "AWS has not finished the rotation yet.", {
    hint: "It goes on in AWS. Run pulumi up again later; nothing is rotated twice.",
    retryable: true,
  });

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
