import { z } from "zod";
import type { ByokError } from "../model/errors";
import type { KmsKeyMaterial } from "../model/ports/kms";
import { allPages } from "./all-pages";
import type { AwsCaller, CallOptions } from "./aws-caller";

/** The greatest page that ListKeyRotations gives. */
const LIMIT = 1000;

const entry = z.object({
  KeyMaterialId: z.string(),
  KeyMaterialState: z.string().default("CURRENT"),
  ImportState: z.string().default("IMPORTED"),
  KeyMaterialDescription: z.string().optional(),
  ExpirationModel: z.string().optional(),
  ValidTo: z.date().optional(),
  RotationType: z.string().optional(),
});

/** Every material of a symmetric key with imported material. Source: ListKeyRotations with IncludeKeyMaterial=ALL_KEY_MATERIAL. */
export const materialsOf = (
  caller: AwsCaller,
  keyId: string,
  options: CallOptions<"ListKeyRotations"> = {},
): Promise<readonly KmsKeyMaterial[]> =>
  allPages(async (Marker) => {
    const answer = await caller.call(
      "ListKeyRotations",
      { KeyId: keyId, IncludeKeyMaterial: "ALL_KEY_MATERIAL", Limit: LIMIT, Marker },
      options,
    );
    const items = z.array(entry).parse(answer.Rotations ?? []);
    return {
      items: items.map((material) => ({
        keyMaterialId: material.KeyMaterialId,
        state: material.KeyMaterialState,
        imported: material.ImportState === "IMPORTED",
        rotatedOnDemand: material.RotationType === "ON_DEMAND",
        ...(material.KeyMaterialDescription === undefined ? {} : { description: material.KeyMaterialDescription }),
        ...(material.ExpirationModel === "KEY_MATERIAL_EXPIRES" && material.ValidTo !== undefined
          ? { validTo: material.ValidTo }
          : {}),
      })),
      next: answer.Truncated === true ? answer.NextMarker : undefined,
    };
  });

/**
 * RotateKeyOnDemand. After a lost answer a refusal means that the first call counted, unless a material still waits for its rotation and
 * nobody is at it.
 */
export async function rotateOnDemand(caller: AwsCaller, keyId: string): Promise<void> {
  const settle = async (error: ByokError): Promise<{ readonly KeyId: string } | undefined> => {
    if (error.code !== "BYOK_AWS_INVALID_STATE") return undefined;
    const waits = (await materialsOf(caller, keyId)).some((material) => material.state === "PENDING_ROTATION");
    return waits && !error.retryable ? undefined : { KeyId: keyId };
  };
  await caller.call("RotateKeyOnDemand", { KeyId: keyId }, { settle });
}
