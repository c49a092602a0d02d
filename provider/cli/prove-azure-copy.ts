import { z } from "zod";
import type { OpenCustodian } from "../custodian/client";
import { azureConnectionOf } from "../lifecycle/azure-connection-of";
import { azureKeyVaultGroupRecord } from "../lifecycle/inputs/azure-key-vault-group-inputs";
import { sourceKeyRecord } from "../lifecycle/inputs/source-key-inputs";
import { azureVersionsIn } from "../model/azure-key-versions";
import type { TokenConnection } from "../model/token";
import { azureConfigValuesFor } from "./azure-state-group";
import { verdictOn, type Verdict } from "./prove-verdict";
import { carried, resourcesOf } from "./stack-export";

/** What the command says before it asks Azure. */
export const azureProveNotice =
  "Keys in Azure are only asked: for their public key (get), an AES key for the encryption of a block (encrypt). Nothing of them changes.";

const copyOutputs = z.object({
  name: z.string(),
  versionId: z.string(),
  group: carried(azureKeyVaultGroupRecord),
  material: z.object({ source: carried(sourceKeyRecord) }),
  versions: carried(z.unknown()),
});

/** A version of a key in a vault, and the version of the source key that it has to be. */
export interface AzureCopyToProve {
  readonly name: string;
  readonly keyName: string;
  readonly id: string;
  readonly sourceVersion: number;
  readonly group: z.infer<typeof azureKeyVaultGroupRecord>;
  readonly source: z.infer<typeof sourceKeyRecord>;
}

/** The newest version of each copy of a source key, and the former ones that can be used. */
export const azureCopiesToProve = (exported: unknown): readonly AzureCopyToProve[] =>
  resourcesOf(exported, "AzureKey").flatMap(({ name, outputs }) => {
    const parsed = copyOutputs.safeParse(outputs);
    if (!parsed.success) return [];
    const { name: keyName, versionId, group, material } = parsed.data;
    const { source } = material;
    return azureVersionsIn(parsed.data).flatMap(({ id, enabled, sourceOwner, sourceVersion }) =>
      sourceOwner === source.owner && sourceVersion !== undefined && (enabled || id === versionId)
        ? [{ name, keyName, id, sourceVersion, group, source }]
        : [],
    );
  });

/** Asks the custodian whether the version is the source's. */
export function proveAzureCopy(
  { name, keyName, id, sourceVersion, group, source }: AzureCopyToProve,
  custodianOf: (token: TokenConnection) => OpenCustodian,
  stack: string | undefined,
): Promise<Verdict> {
  const { allowedTargets, lab, minOaepHash, token } = source.group;
  const connection = azureConnectionOf(group);
  return verdictOn({ copy: name, id, source: source.name, version: sourceVersion }, async () =>
    custodianOf(token).proveInAzure({
      owner: source.owner,
      version: sourceVersion,
      spec: source.spec,
      rules: {
        ...{ allowedTargets, lab, minOaepHash },
        ...(source.compromisedSince === undefined ? {} : { compromisedSince: source.compromisedSince }),
      },
      target: { connection, keyName, configValues: await azureConfigValuesFor(connection, { stack }) },
      keyId: id,
    }),
  );
}
