import { z } from "zod";
import type { ByokError } from "../model/errors";
import type { KmsKeyMaterial } from "../model/ports/kms";
import { allPages } from "./all-pages";
import type { AwsCaller, CallOptions } from "./aws-caller";
import { nextOf } from "./kms-lists";

/** The greatest page that ListKeyRotations gives. */
const LIMIT = 1000;

const entry = z.object({
  KeyMaterialId: z.string().optional(),
  KeyMaterialState: z.string().default("CURRENT"),
  ImportState: z.string().default("IMPORTED"),
  KeyMaterialDescription: z.string().optional(),
  ExpirationModel: z.string().optional(),
  ValidTo: z.date().optional(),
  RotationDate: z.date().optional(),
  RotationType: z.string().optional(),
});

/** Entries of ListKeyRotations: the rotations of a key, or with ALL_KEY_MATERIAL everything that it holds. */
export const rotationEntries = (
  caller: AwsCaller,
  keyId: string,
  asked: { readonly IncludeKeyMaterial?: "ALL_KEY_MATERIAL" } = {},
  options: CallOptions<"ListKeyRotations"> = {},
): Promise<readonly z.infer<typeof entry>[]> =>
  allPages(async (Marker) => {
    const answer = await caller.call("ListKeyRotations", { KeyId: keyId, ...asked, Limit: LIMIT, Marker }, options);
    return { items: z.array(entry).parse(answer.Rotations ?? []), next: nextOf(answer) };
  });

const materialId = z.string();

/** Every material of a symmetric key with imported material. */
export async function materialsOf(
  caller: AwsCaller,
  keyId: string,
  options: CallOptions<"ListKeyRotations"> = {},
): Promise<readonly KmsKeyMaterial[]> {
  const entries = await rotationEntries(caller, keyId, { IncludeKeyMaterial: "ALL_KEY_MATERIAL" }, options);
  return entries.map((material) => ({
    keyMaterialId: materialId.parse(material.KeyMaterialId),
    state: material.KeyMaterialState,
    imported: material.ImportState === "IMPORTED",
    rotatedOnDemand: material.RotationType === "ON_DEMAND",
    ...(material.KeyMaterialDescription === undefined ? {} : { description: material.KeyMaterialDescription }),
    ...(material.ExpirationModel === "KEY_MATERIAL_EXPIRES" && material.ValidTo !== undefined
      ? { validTo: material.ValidTo }
      : {}),
  }));
}

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
