import type { AzureConnection } from "../model/azure-connection";
import { ByokError } from "../model/errors";
import type { KeyVaultImportPort } from "../model/ports/key-vault";
import { keyFacts } from "./key-facts";
import { deleteKey, getKey, importWrapped, makeWrappingKey, newSettings } from "./vault-keys";
import { VaultCaller, type VaultDeps } from "./vault-caller";

/** Opens the calls that only the custodian makes. Nothing is loaded, read or connected before the first one. */
export function openKeyVaultImport(connection: AzureConnection, deps: VaultDeps): KeyVaultImportPort {
  const caller = new VaultCaller(connection, deps);
  return {
    caller: () => caller.call({ doing: "signing in", outsideVault: true }, (session) => session.caller()),
    getKey: (name, version) => getKey(caller, name, version),
    makeWrappingKey: (request) => makeWrappingKey(caller, request),
    deleteKey: (name) => deleteKey(caller, name),
    importWrapped: (request) => importWrapped(caller, request),
    importClear: async (request) => {
      const { name, key, operations } = request;
      const imported = await caller.call(
        { doing: `importing the key ${name}`, repeatable: false, secret: true },
        ({ keys }) => keys.importKey(name, { ...key, keyOps: [...operations] }, newSettings(request)),
      );
      return keyFacts(imported);
    },
    encryptBlock: async (keyId, iv, block) => {
      const { result } = await caller.call({ doing: "encrypting a challenge" }, (session) =>
        session.cryptography(keyId).encrypt({ algorithm: "A256CBC", plaintext: block, iv }),
      );
      if (result.length === block.length) return Buffer.from(result);
      throw new ByokError("BYOK_AZURE_FAILED", "Azure encrypted a block to something of another length.");
    },
  };
}
