import { ByokError } from "../../model/errors";
import { keyVersionsIn, materialsOf, type KeyVersion } from "../../model/key-versions";
import { ownershipTags } from "../../model/owner";
import type { KmsKeyFacts, KmsPort } from "../../model/ports/kms";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../contract";
import { keyPlaces, placesTold } from "./replicas/key-places";
import type { Rotation } from "./rotate-to-new-key";
import { warnOfLimit, withWayOut } from "./rotation-limit";

/** How long AWS is given to rotate, and how often it is asked. */
const patience = { attempts: 150, pauseMs: 2_000 } as const;
const step = "have AWS rotate its key material";

/**
 * Has AWS make new material for the same KMS key (RotateKeyOnDemand); it keeps the former one, so that what that encrypted stays readable. What is
 * being replaced is tagged first, so that a run that was cut off at any moment never rotates twice.
 */
export async function rotateNative(
  context: LifecycleContext,
  home: KmsPort,
  keyId: string,
  { lineage, inputs, olds }: Rotation,
): Promise<PlainRecord> {
  try {
    // AWS rotates a multi-Region key in its primary's Region, and the replicas with it.
    const everywhere = await keyPlaces(context, home, keyId, { inputs, olds });
    const places = everywhere.map(({ kms }) => kms);
    const [primary = home] = places;
    const replaced = await noteBegin(context, [primary, ...places], keyId, inputs.version);
    warnOfLimit(context, materialsOf(keyVersionsIn(olds), keyId).length - 1);
    if ((await current(primary, keyId)) === replaced) {
      context.mayProceed();
      context.log.progress("rotating to new key material of AWS");
      await primary.rotateOnDemand(keyId);
    }
    for (let attempt = 0; attempt < patience.attempts; attempt += 1) {
      if (await isRotated(places, keyId, replaced)) {
        return placesTold(everywhere, olds, ({ outputs }) => ({
          versions: withReplaced(keyVersionsIn(outputs), { keyId, version: inputs.version, replaced }),
        }));
      }
      context.log.progress("waiting until AWS has rotated its key material");
      await context.sleep(patience.pauseMs);
    }
    throw new ByokError("BYOK_AWS_FAILED", "AWS has not finished the rotation yet.", {
      hint: "It goes on in AWS. Run pulumi up again later; nothing is rotated twice.",
      retryable: true,
    });
  } catch (error) {
    const failure = withWayOut(ByokError.from(error, step));
    throw new PartialFailure(lineage, { ...olds, pending: [step] }, failure.with({ step }));
  }
}

/** The version before held the material that was replaced; a refresh that looked in between saw the new one. */
function withReplaced(
  versions: readonly KeyVersion[],
  { keyId, version, replaced }: { readonly keyId: string; readonly version: number; readonly replaced: string },
): readonly KeyVersion[] {
  const former = versions.filter((each) => each.keyId === keyId && each.version < version).at(-1);
  return versions.map((each) => (each === former ? { ...each, keyMaterialId: replaced } : each));
}

/** True once no Region shows the material that was replaced. */
async function isRotated(places: readonly KmsPort[], keyId: string, replaced: string): Promise<boolean> {
  for (const kms of places) if ((await current(kms, keyId)) === replaced) return false;
  return true;
}

/**
 * The material that the rotation to a version replaces: as an earlier run noted it, else the present one.
 *
 * @param places - the primary's Region first, which gets the note. Tags are a Region's own, and the primary may have been in another one when the earlier run noted it.
 */
async function noteBegin(
  context: LifecycleContext,
  places: readonly [KmsPort, ...KmsPort[]],
  keyId: string,
  version: number,
): Promise<string> {
  for (const kms of new Set(places)) {
    const [noted, material] = (await kms.listTags(keyId))[ownershipTags.rotating]?.split(" ") ?? [];
    if (noted === String(version) && material !== undefined) return material;
  }
  const [primary] = places;
  const replaced = await current(primary, keyId);
  context.mayProceed();
  await primary.tag(keyId, { [ownershipTags.rotating]: `${version} ${replaced}` });
  return replaced;
}

async function current(kms: KmsPort, keyId: string): Promise<string> {
  const facts: KmsKeyFacts | undefined = await kms.describeKey(keyId);
  if (facts?.keyMaterialId !== undefined) return facts.keyMaterialId;
  throw new ByokError(
    "BYOK_AWS_FAILED",
    "AWS does not tell which key material is the current one (CurrentKeyMaterialId).",
    {
      hint: 'Set rotationMode: "new-key".',
    },
  );
}
