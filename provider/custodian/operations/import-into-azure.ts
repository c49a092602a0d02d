import { azureKeyId } from "../../model/azure-key-name";
import { azureKeyTypeOf } from "../../model/azure-key-type";
import { refuseAzureWrapping } from "../../model/azure-wrapping";
import { composeByokFile } from "../../model/byok-file";
import { ByokError } from "../../model/errors";
import type {
  AzureClearImportReceipt,
  AzureClearImportRequest,
  AzureImportReceipt,
  AzureImportRequest,
} from "../../model/ports/azure-import";
import type { ImportClearRequest, ImportWrappedRequest, VaultKeyFacts } from "../../model/ports/key-vault";
import { compareVaultCopy } from "../compare-vault-copy";
import { readLinks, storesLinks, writeLink } from "../copy-links";
import { readDeactivated, requireActive } from "../deactivated";
import { requireVersion } from "../find-version";
import { requireMadeForHardware } from "../made-for-hardware";
import { requireExportable, requireSame, withMaterial, type Material } from "../material";
import type { OperationContext } from "../operation-context";
import type { UsableWrappingKey } from "../pinned-wrapping-key";
import { withWrappingKey } from "../vault-wrapping-key";
import { decideVaultTrust, openVault, type VerifiedVault } from "../verified-vault";
import { step } from "./import-into";

/**
 * {@link AzureCustodianPort.importIntoAzure}, one act: find the key, verify the vault, decide the rules, check the wrapping key, remember the copy, wrap, send,
 * prove. The copy is remembered before anything is sent, as on the other cloud.
 */
export const importIntoAzure = (context: OperationContext, request: AzureImportRequest): Promise<AzureImportReceipt> =>
  withMaterial(context, request, (material) => importMaterial(context, request, material));

async function importMaterial(
  context: OperationContext,
  request: AzureImportRequest,
  material: Material,
): Promise<AzureImportReceipt> {
  requireExportable(material);
  requireMadeForHardware(request.owner);
  if (request.expectedFingerprint !== undefined) requireSame(request, await material.fingerprint(), material.words);
  await requireWrappable(context, request);
  const opened = await step("verify the target", () =>
    openVault(context, request.target, request.rules, request.owner),
  );
  const { pin, imported } = await step("import key material", () =>
    withWrappingKey(context, opened, request, async (wrappingKey) => {
      if (material.inToken) await rememberCopy(context, request, opened);
      return { pin: wrappingKey.pin, imported: await send(context, request, { opened, material, wrappingKey }) };
    }),
  );
  return { ...(await proven(context, opened, imported, material)), wrappingKey: pin };
}

/** Shows that what was imported is the material, and tells of it. */
export async function proven(
  context: OperationContext,
  opened: VerifiedVault,
  imported: VaultKeyFacts,
  material: Material,
): Promise<AzureClearImportReceipt> {
  const importedAt = context.clock().toISOString();
  const proof = await step("prove the copy", () => compareVaultCopy(context, opened, imported, material));
  return {
    keyId: imported.id,
    fingerprint: await material.fingerprint(),
    checkValue: await material.checkValue(),
    importedAt,
    importedBy: opened.caller.objectId,
    proof,
  };
}

interface Sending {
  readonly opened: VerifiedVault;
  readonly material: Material;
  readonly wrappingKey: UsableWrappingKey;
}

/** The ciphertext and the `.byok` file live in this function only. */
async function send(
  context: OperationContext,
  request: AzureImportRequest,
  { opened, material, wrappingKey }: Sending,
): Promise<VaultKeyFacts> {
  let ciphertext: Buffer | undefined;
  let byok: Buffer | undefined;
  try {
    // The rules are decided again at the last moment before the key is wrapped.
    await decideVaultTrust(context, request.target, request.rules, request.owner);
    ciphertext = await material.wrap(wrappingKey.publicKey, "RSA_AES_KEY_WRAP_SHA_1");
    byok = composeByokFile({ kid: wrappingKey.pin.id, ciphertext, generator: await generatorOf(context) });
    const wanted = wantedKey(request, byok);
    return await context.change(() => opened.vault.importWrapped(wanted));
  } finally {
    ciphertext?.fill(0);
    byok?.fill(0);
  }
}

function wantedKey(request: AzureImportRequest, byok: Buffer): ImportWrappedRequest {
  const facts = azureKeyTypeOf(request.spec);
  if (facts === undefined) throw new ByokError("BYOK_WRAP_REFUSED", `Azure has no ${request.spec} keys.`);
  return {
    ...newVersionOf(request),
    kty: `${facts.kty}-HSM`,
    ...(facts.curve === undefined ? {} : { curve: facts.curve }),
    byok,
  };
}

/** Name and settings of the version to be, however its material travels. */
export function newVersionOf({
  target,
  enabled,
  operations,
  tags,
  notBefore,
  expiresOn,
}: AzureClearImportRequest): Omit<ImportClearRequest, "key"> {
  return {
    name: target.keyName,
    ...{ enabled, operations, tags },
    ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore) }),
    ...(expiresOn === undefined ? {} : { expiresOn: new Date(expiresOn) }),
  };
}

/** What a `.byok` file says of its maker. */
export async function generatorOf({ token }: Pick<OperationContext, "token">): Promise<string> {
  const { model, firmware } = (await token.report()).identity;
  return `pulumi-byok; ${model} ${firmware}`;
}

/** @throws ByokError BYOK_WRAP_REFUSED */
export async function requireWrappable(
  { token }: Pick<OperationContext, "token">,
  { spec }: Pick<AzureImportRequest, "spec">,
): Promise<void> {
  const { abilities, identity } = await token.report();
  const refusal = refuseAzureWrapping(spec, abilities, identity.model);
  if (refusal !== undefined)
    throw new ByokError("BYOK_WRAP_REFUSED", `The key is not wrapped: ${refusal.refused}`, { hint: refusal.hint });
}

/** Writes the link, with the key still there: destroying a version waits for its owner's turn, and then sees the link. */
export async function rememberCopy(
  context: OperationContext,
  request: AzureClearImportRequest,
  { caller, target }: VerifiedVault,
): Promise<void> {
  const { token } = context;
  if (!(await storesLinks(token))) return;
  await context.perOwner(request.owner, async () => {
    await requireVersion(context, request, request.spec);
    const key = azureKeyId(target.connection.vaultUrl, target.keyName);
    requireActive(request, key, await readDeactivated(token, request.owner), await readLinks(token, request.owner));
    await context.change(() =>
      writeLink(token, {
        owner: request.owner,
        version: request.version,
        arn: key,
        copyName: request.copyName,
        copiedAt: context.clock().toISOString(),
        copiedBy: caller.objectId,
      }),
    );
  });
}
