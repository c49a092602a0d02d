import { azureKeyId } from "../../model/azure-key-name";
import { ByokError } from "../../model/errors";
import type { AzureProof, AzureProveRequest } from "../../model/ports/azure-import";
import { compareVaultCopy } from "../compare-vault-copy";
import { withMaterial } from "../material";
import type { OperationContext } from "../operation-context";
import { openVault } from "../verified-vault";
import { step } from "./import-into";

/** {@link AzureCustodianPort.proveInAzure}: reads, and for an AES key one challenge; nothing of the key changes. */
export const proveInAzure = (context: OperationContext, request: AzureProveRequest): Promise<AzureProof> =>
  withMaterial(context, request, async (material) => {
    const { target, rules, owner, keyId } = request;
    const opened = await step("verify the target", () => openVault(context, target, withoutCompromise(rules), owner));
    const version = versionOf(keyId, azureKeyId(target.connection.vaultUrl, target.keyName));
    const key = await opened.vault.getKey(target.keyName, version);
    if (key === undefined)
      throw new ByokError("BYOK_AZURE_NOT_FOUND", `There is no ${keyId}.`, {
        hint: "Refresh the stack; the next update makes it again.",
      });
    const proof = await step("prove the copy", () => compareVaultCopy(context, opened, key, material));
    return {
      fingerprint: await material.fingerprint(),
      checkValue: await material.checkValue(),
      provedAt: context.clock().toISOString(),
      proof,
    };
  });

/** No material goes anywhere: what others may have can still be compared. */
const withoutCompromise = ({
  compromisedSince: _since,
  ...rules
}: AzureProveRequest["rules"]): AzureProveRequest["rules"] => rules;

function versionOf(keyId: string, key: string): string {
  if (keyId.toLowerCase().startsWith(`${key.toLowerCase()}/`)) return keyId.slice(key.length + 1);
  throw new ByokError("BYOK_INPUT_INVALID", `${keyId} is no version of ${key}.`);
}
