import { ByokError } from "../../model/errors";
import { keySpecFacts } from "../../model/key-spec";
import type { ImportReceipt, ImportRequest, ProofMethod } from "../../model/ports/custodian";
import { compareAfterImport, compareMaterialId } from "../compare-copy";
import { readLinks, storesLinks, writeLink } from "../copy-links";
import { readDeactivated, requireActive } from "../deactivated";
import { requireVersion } from "../find-version";
import { requireMadeForHardware } from "../made-for-hardware";
import { requireExportable, requireSame, withMaterial, type Material } from "../material";
import type { OperationContext } from "../operation-context";
import { decideWrapping, sendMaterial } from "../send-material";
import { describeTarget, openTarget, type VerifiedTarget } from "../verified-target";

/**
 * {@link CustodianPort.importInto}, one act: find the key, verify the target, decide the rules, remember the copy, wrap, send, prove.
 * The copy is remembered before anything is sent: a link to a copy that never came to be is a nuisance, a copy without a link a
 * key that somebody destroys too early.
 */
export const importInto = (context: OperationContext, request: ImportRequest): Promise<ImportReceipt> =>
  withMaterial(context, request, (material) => importMaterial(context, request, material));

async function importMaterial(
  context: OperationContext,
  request: ImportRequest,
  material: Material,
): Promise<ImportReceipt> {
  requireExportable(material);
  requireMadeForHardware(request.owner);
  if (request.expectedFingerprint !== undefined) requireSame(request, await material.fingerprint(), material.words);
  const target = await step("verify the target", () =>
    openTarget(context, request.target, request.rules, request.owner),
  );
  const before = await step("verify the target", () =>
    describeTarget(target, request.spec, ["PendingImport", "Enabled", "Disabled"]),
  );
  await decideWrapping(context, request, target.partition);
  if (material.inToken) await step("remember the copy", () => rememberCopy(context, request, target));
  const validTo = request.validTo === undefined ? undefined : new Date(request.validTo);
  const keyMaterialId = await step("import key material", () =>
    sendMaterial(context, { target, material, request, validTo: () => Promise.resolve(validTo) }),
  );
  const importedAt = context.clock().toISOString();
  const proof = await step("prove the copy", async (): Promise<ProofMethod> => {
    if (keySpecFacts[request.spec].family !== "aes") return compareAfterImport(context, target, material);
    // An additional material is not the current one yet; AWS refuses one that the key knows already.
    const expected = request.additional === true ? undefined : (request.expectedKeyMaterialId ?? before.keyMaterialId);
    compareMaterialId(request.target.keyArn, keyMaterialId, [expected]);
    return keyMaterialId === undefined ? "accepted" : "key-material-id";
  });
  return receipt(target, material, {
    importedAt,
    proof,
    ...(keyMaterialId === undefined ? {} : { keyMaterialId }),
  });
}

/** Writes the link, with the key still there: destroying a version waits for its owner's turn, and then sees the link. */
export async function rememberCopy(
  context: OperationContext,
  request: ImportRequest,
  { caller }: VerifiedTarget,
): Promise<void> {
  const { token } = context;
  if (!(await storesLinks(token))) return;
  await context.perOwner(request.owner, async () => {
    await requireVersion(context, request, request.spec);
    const { keyArn } = request.target;
    requireActive(request, keyArn, await readDeactivated(token, request.owner), await readLinks(token, request.owner));
    await context.change(() =>
      writeLink(token, {
        owner: request.owner,
        version: request.version,
        arn: request.target.keyArn,
        copyName: request.copyName,
        copiedAt: context.clock().toISOString(),
        copiedBy: caller.arn,
      }),
    );
  });
}

/** What the provider learns: fingerprint and check value are read again, so that a receipt always speaks of the key that was wrapped. */
export async function receipt(
  { caller }: VerifiedTarget,
  material: Material,
  found: Pick<ImportReceipt, "importedAt" | "proof" | "keyMaterialId">,
): Promise<ImportReceipt> {
  return {
    ...found,
    fingerprint: await material.fingerprint(),
    checkValue: await material.checkValue(),
    importedBy: caller.arn,
  };
}

/** Runs a part and tells in its errors which it was, unless they know better. */
export async function step<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (thrown) {
    throw thrown instanceof ByokError && thrown.step === undefined ? thrown.with({ step: name }) : thrown;
  }
}
