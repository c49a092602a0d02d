import { ByokError } from "../../model/errors";
import { mayLeaveInClear } from "../../model/owner";
import type { AzureClearImportReceipt, AzureClearImportRequest } from "../../model/ports/azure-import";
import type { VaultKeyFacts } from "../../model/ports/key-vault";
import { withClearKey } from "../clear-key";
import { requireExportable, requireSame, withMaterial, type Material } from "../material";
import type { OperationContext } from "../operation-context";
import { decideVaultTrust, openVault, type VerifiedVault } from "../verified-vault";
import { step } from "./import-into";
import { newVersionOf, proven, rememberCopy, requireWrappable } from "./import-into-azure";

/** {@link AzureCustodianPort.importInClear}. It runs in a process that ends with it. */
export const importInClear = (
  context: OperationContext,
  request: AzureClearImportRequest,
): Promise<AzureClearImportReceipt> => {
  requireWrittenDown(request);
  return withMaterial(context, request, (material) => importClear(context, request, material));
};

async function importClear(
  context: OperationContext,
  request: AzureClearImportRequest,
  material: Material,
): Promise<AzureClearImportReceipt> {
  requireExportable(material);
  if (request.expectedFingerprint !== undefined) requireSame(request, await material.fingerprint(), material.words);
  await requireWrappable(context, request);
  const opened = await step("verify the target", () =>
    openVault(context, request.target, request.rules, request.owner),
  );
  if (material.inToken) await step("remember the copy", () => rememberCopy(context, request, opened));
  const imported = await step("import key material", () => send(context, request, opened, material));
  return proven(context, opened, imported, material);
}

/** The token's own mark decides, and not what a state or a program says. */
function requireWrittenDown({ file, owner }: AzureClearImportRequest): void {
  // Material of a file that the token kept is a key of the token, whatever the file.
  if ((file === undefined || file.keptAs !== undefined) && !mayLeaveInClear(owner))
    throw refused(
      "the source key was not made to leave its token in clear.",
      'Make another SourceKey with plaintextExport: true, or keep the copy in hardware: protection: "hsm".',
    );
  if (file?.kek !== undefined)
    throw refused(
      "a file that is encrypted under a key of the token is in clear there alone.",
      'Use a premium vault or a Managed HSM, with protection: "hsm".',
    );
}

/** The key in clear lives in this function only. */
function send(
  context: OperationContext,
  request: AzureClearImportRequest,
  opened: VerifiedVault,
  material: Material,
): Promise<VaultKeyFacts> {
  return withClearKey(material, async (key) => {
    // The rules are decided again at the last moment before the key leaves.
    await decideVaultTrust(context, request.target, request.rules, request.owner);
    return context.change(() => opened.vault.importClear({ ...newVersionOf(request), key }));
  });
}

const refused = (why: string, hint: string): ByokError =>
  new ByokError("BYOK_CLEAR_EXPORT_REFUSED", `Nothing leaves the token in clear: ${why}`, { hint });
