import { composeByokFile } from "../../model/byok-file";
import { exportedCopyId } from "../../model/exported-copy";
import type { AzureExportReceipt, AzureExportRequest } from "../../model/ports/azure-import";
import { readLinks, storesLinks, writeLink } from "../copy-links";
import { readDeactivated, requireActive } from "../deactivated";
import { requireVersion } from "../find-version";
import { requireMadeForHardware } from "../made-for-hardware";
import { requireExportable, withMaterial, type Material } from "../material";
import type { OperationContext } from "../operation-context";
import type { UsableWrappingKey } from "../pinned-wrapping-key";
import { trustedWrappingKey } from "../trusted-wrapping-key";
import { decideVaultTrust, openVault, type VerifiedVault } from "../verified-vault";
import { step } from "./import-into";
import { generatorOf, requireWrappable } from "./import-into-azure";

/**
 * {@link AzureCustodianPort.exportForAzure}: an import up to the moment before anything is sent. The copy is remembered before the file is there, because
 * nobody tells when the file is imported.
 */
export const exportForAzure = (context: OperationContext, request: AzureExportRequest): Promise<AzureExportReceipt> =>
  withMaterial(context, request, (material) => exportMaterial(context, request, material));

async function exportMaterial(
  context: OperationContext,
  request: AzureExportRequest,
  material: Material,
): Promise<AzureExportReceipt> {
  requireExportable(material);
  requireMadeForHardware(request.owner);
  await requireWrappable(context, request);
  const opened = await step("verify the target", () =>
    openVault(context, request.target, request.rules, request.owner),
  );
  const wrappingKey = await step("check the wrapping key", () =>
    trustedWrappingKey(context, opened, request.wrappingKey),
  );
  const exportedAt = context.clock().toISOString();
  await step("remember the copy", () => rememberExport(context, request, opened, exportedAt));
  await step("write the file", () => write(context, request, material, wrappingKey));
  return {
    fingerprint: await material.fingerprint(),
    checkValue: await material.checkValue(),
    exportedAt,
    exportedBy: opened.caller.objectId,
    wrappingKey: wrappingKey.pin,
  };
}

/** The ciphertext lives in this function and in the file only. */
async function write(
  context: OperationContext,
  request: AzureExportRequest,
  material: Material,
  { publicKey, pin }: UsableWrappingKey,
): Promise<void> {
  let ciphertext: Buffer | undefined;
  let byok: Buffer | undefined;
  try {
    // The rules are decided again at the last moment before the key is wrapped.
    await decideVaultTrust(context, request.target, request.rules, request.owner);
    ciphertext = await material.wrap(publicKey, "RSA_AES_KEY_WRAP_SHA_1");
    const content = composeByokFile({ kid: pin.id, ciphertext, generator: await generatorOf(context) });
    byok = content;
    await context.change(() => context.writeFile(request.path, content, { overwrite: request.overwrite }));
  } finally {
    ciphertext?.fill(0);
    byok?.fill(0);
  }
}

/** With the key still there, as for an import: destroying a version waits for its owner's turn, and then sees the link. */
async function rememberExport(
  context: OperationContext,
  request: AzureExportRequest,
  { caller, target }: VerifiedVault,
  copiedAt: string,
): Promise<void> {
  const { token } = context;
  if (!(await storesLinks(token))) return;
  const { owner, version } = request;
  await context.perOwner(owner, async () => {
    await requireVersion(context, request, request.spec);
    const copy = exportedCopyId(target.connection.vaultUrl, target.keyName);
    requireActive(request, copy, await readDeactivated(token, owner), await readLinks(token, owner));
    await context.change(() =>
      writeLink(token, {
        ...{ owner, version, copiedAt },
        arn: copy,
        copyName: request.copyName,
        copiedBy: caller.objectId,
      }),
    );
  });
}
