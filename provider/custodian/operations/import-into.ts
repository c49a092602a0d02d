import { ByokError } from "../../model/errors";
import { keySpecFacts } from "../../model/key-spec";
import type { ImportReceipt, ImportRequest, ProofMethod } from "../../model/ports/custodian";
import type { TokenKey } from "../../model/ports/token";
import { compareAfterImport, compareMaterialId } from "../compare-copy";
import { storesLinks, writeLink } from "../copy-links";
import { requireVersion, versionInWords, type MarkedKey } from "../find-version";
import type { OperationContext } from "../operation-context";
import { decideWrapping, sendMaterial } from "../send-material";
import { describeTarget, openTarget, type VerifiedTarget } from "../verified-target";

/**
 * {@link CustodianPort.importInto}, one act: find the key, verify the target, decide the rules, remember the copy, wrap, send, prove.
 * The copy is remembered before anything is sent: a link to a copy that never came to be is a nuisance, a copy without a link a
 * key that somebody destroys too early.
 */
export async function importInto(context: OperationContext, request: ImportRequest): Promise<ImportReceipt> {
  const found = exportable(await requireVersion(context, request, request.spec));
  const { key } = found;
  await requireSameMaterial(context, request, found);
  const target = await step("verify the target", () =>
    openTarget(context, request.target, request.rules, request.owner),
  );
  const before = await step("verify the target", () =>
    describeTarget(target, request.spec, ["PendingImport", "Enabled", "Disabled"]),
  );
  await decideWrapping(context, request, target.partition);
  await step("remember the copy", () => rememberCopy(context, request, target));
  const validTo = request.validTo === undefined ? undefined : new Date(request.validTo);
  const keyMaterialId = await step("import key material", () =>
    sendMaterial(context, { target, key, request, validTo: () => Promise.resolve(validTo) }),
  );
  const importedAt = context.clock().toISOString();
  const proof = await step("prove the copy", async (): Promise<ProofMethod> => {
    if (keySpecFacts[request.spec].family !== "aes") return compareAfterImport(context, target, key);
    // An additional material is not the current one yet; AWS refuses one that the key knows already.
    const expected = request.additional === true ? undefined : (request.expectedKeyMaterialId ?? before.keyMaterialId);
    compareMaterialId(request.target.keyArn, keyMaterialId, [expected]);
    return keyMaterialId === undefined ? "accepted" : "key-material-id";
  });
  return receipt(context, target, key, {
    importedAt,
    proof,
    ...(keyMaterialId === undefined ? {} : { keyMaterialId }),
  });
}

/** A key in the token that took the place of another one must not get as far as AWS, which would tell the difference last. */
async function requireSameMaterial(
  { token }: OperationContext,
  request: ImportRequest,
  found: MarkedKey,
): Promise<void> {
  if (request.expectedFingerprint === undefined) return;
  const { method, value } = await token.fingerprint(found.key.id);
  if (`${method}:${value}` === request.expectedFingerprint) return;
  throw new ByokError(
    "BYOK_KEY_DRIFTED",
    `What the token holds as ${versionInWords(found.label)} is another key than the one that was copied: its fingerprint is ${method}:${value}.`,
    { hint: "Nothing was imported. Restore the token's key from its backup." },
  );
}

/** @throws ByokError BYOK_KEY_NOT_EXPORTABLE for a closed version. */
export function exportable(found: MarkedKey): MarkedKey {
  if (found.key.extractable) return found;
  throw new ByokError(
    "BYOK_KEY_NOT_EXPORTABLE",
    `The token never gives out ${versionInWords(found.label)} again: the version was closed.`,
    { hint: "Make a new version and copy that." },
  );
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
  { token }: OperationContext,
  { caller }: VerifiedTarget,
  key: TokenKey,
  found: Pick<ImportReceipt, "importedAt" | "proof" | "keyMaterialId">,
): Promise<ImportReceipt> {
  return {
    ...found,
    fingerprint: await token.fingerprint(key.id),
    checkValue: await token.checkValue(key.id),
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
