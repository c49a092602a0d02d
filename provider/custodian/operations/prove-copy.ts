import { ByokError } from "../../model/errors";
import { keySpecFacts } from "../../model/key-spec";
import type { ImportReceipt, ProveRequest } from "../../model/ports/custodian";
import { compareByReading, compareMaterialId, copyDiffers } from "../compare-copy";
import { readLinks, storesLinks } from "../copy-links";
import { requireExportable, withMaterial, type Material } from "../material";
import type { OperationContext } from "../operation-context";
import { decideWrapping, sendMaterial } from "../send-material";
import { describeTarget, openTarget, type VerifiedTarget } from "../verified-target";
import { receipt, rememberCopy, step } from "./import-into";

/**
 * {@link CustodianPort.prove}. Asymmetric and HMAC keys are asked with reads. AWS opens no foreign ciphertext and tells nothing of
 * a symmetric key's material but its KeyMaterialId, so a symmetric key is proven by a fresh import of the same material.
 *
 * Nothing else of the key may change by it. Its state: only an enabled key is proven, since an import makes a key Enabled. Its expiry: what
 * DescribeKey tells immediately before the import is sent again, never what the request says. Its material: ImportType
 * EXISTING_KEY_MATERIAL makes KMS refuse any other.
 */
export const prove = (context: OperationContext, request: ProveRequest): Promise<ImportReceipt> =>
  withMaterial(context, request, (material) => proveMaterial(context, request, material));

async function proveMaterial(
  context: OperationContext,
  request: ProveRequest,
  material: Material,
): Promise<ImportReceipt> {
  const target = await step("verify the target", () =>
    openTarget(context, request.target, request.rules, request.owner),
  );
  const facts = await step("verify the target", () => describeTarget(target, request.spec, ["Enabled"]));
  if (keySpecFacts[request.spec].family !== "aes") {
    const proof = await step("prove the copy", () => compareByReading(context, target, material));
    return receipt(target, material, { importedAt: context.clock().toISOString(), proof });
  }
  requireExportable(material);
  await decideWrapping(context, request, target.partition);
  if (material.inToken && (await unknownToToken(context, request))) {
    await step("remember the copy", () => rememberCopy(context, request, target));
  }
  const keyMaterialId = await step("prove the copy", async () => {
    const answered = await reimport(context, target, { ...request, existing: true }, material);
    compareMaterialId(request.target.keyArn, answered, [facts.keyMaterialId, request.expectedKeyMaterialId]);
    return answered;
  });
  return receipt(target, material, {
    importedAt: context.clock().toISOString(),
    proof: keyMaterialId === undefined ? "accepted" : "key-material-id",
    ...(keyMaterialId === undefined ? {} : { keyMaterialId }),
  });
}

async function reimport(
  context: OperationContext,
  target: VerifiedTarget,
  request: ProveRequest,
  material: Material,
): Promise<string | undefined> {
  const validTo = async (): Promise<Date | undefined> => {
    const now = await describeTarget(target, request.spec, ["Enabled"]);
    return now.expires ? now.validTo : undefined;
  };
  try {
    return await sendMaterial(context, { target, material, request, validTo });
  } catch (thrown) {
    if (thrown instanceof ByokError && thrown.code === "BYOK_AWS_MATERIAL_REJECTED") {
      throw copyDiffers(request.target.keyArn, `a fresh wrap of it was refused. ${thrown.message}`);
    }
    throw thrown;
  }
}

async function unknownToToken({ token }: OperationContext, request: ProveRequest): Promise<boolean> {
  if (!(await storesLinks(token))) return false;
  const links = await readLinks(token, request.owner);
  return !links.some((link) => link.version === request.version && link.arn === request.target.keyArn);
}
