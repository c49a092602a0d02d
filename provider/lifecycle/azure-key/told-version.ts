import type { AzureKeyVersion } from "../../model/azure-key-versions";
import type { AzureKeyGoal } from "./azure-key-inputs";
import { originNow, type Told } from "./record-azure-key";

/** What the state is to know of the version; the vault's own facts are added when it is observed. */
export function withVersion(
  told: Told,
  inputs: AzureKeyGoal,
  number: number,
  keyVersion: string,
  more: Pick<AzureKeyVersion, "fingerprint" | "provedAt">,
): Told {
  const entry: AzureKeyVersion = {
    version: number,
    keyVersion,
    id: `${inputs.vaultUrl}/keys/${inputs.name}/${keyVersion}`,
    enabled: true,
    createdOn: "",
    ...originNow(inputs, { number }),
    ...more,
  };
  return { ...told, versions: [...told.versions.filter((version) => version.keyVersion !== keyVersion), entry] };
}
