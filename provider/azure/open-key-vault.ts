import type { AzureConnection } from "../model/azure-connection";
import { ByokError } from "../model/errors";
import type { KeyVaultPort } from "../model/ports/key-vault";
import { deletedFacts, keyFacts, versionFacts } from "./key-facts";
import {
  dates,
  deleteKey,
  getDeleted,
  getKey,
  importWrapped,
  listVersions,
  makeWrappingKey,
  newSettings,
  recoverKey,
  requireVersionName,
} from "./vault-keys";
import { rotationPolicyOf, setRotationPolicy } from "./rotation-policy";
import { missingPermissions } from "./vault-permissions";
import { VaultCaller, type VaultDeps } from "./vault-caller";
import { pagesOf } from "./vault-pages";
import { visibleVaults } from "./visible-vaults";

/** Opens a Key Vault or Managed HSM for a lifecycle. Nothing is loaded, read or connected before the first call. */
export function openKeyVault(connection: AzureConnection, deps: VaultDeps): KeyVaultPort {
  const caller = new VaultCaller(connection, deps);
  return {
    caller: () => caller.call({ doing: "signing in", outsideVault: true }, (session) => session.caller()),
    vaults: () => visibleVaults(caller),
    missingPermissions: (asked) => missingPermissions(caller, asked),
    getKey: (name, version) => getKey(caller, name, version),
    listVersions: (name) => listVersions(caller, name),
    listKeys: async function* () {
      // A listing tells the newest version of each key without naming it.
      for await (const page of pagesOf(caller, "listing keys", ({ lists }) => lists.listPropertiesOfKeys()))
        for (const properties of page) yield versionFacts({ ...properties, version: properties.version ?? "" });
    },
    listDeleted: async function* () {
      for await (const page of pagesOf(caller, "listing deleted keys", ({ lists }) => lists.listDeletedKeys()))
        yield* page.map(deletedFacts);
    },
    createKey: async (request) => {
      const { name, kty, curve, bits, operations } = request;
      const made = await caller.call({ doing: `making the key ${name}`, repeatable: false }, ({ keys }) =>
        keys.createKey(name, kty, {
          ...newSettings(request),
          keyOps: [...operations],
          ...(curve === undefined ? {} : { curve }),
          ...(bits === undefined ? {} : { keySize: bits }),
        }),
      );
      return keyFacts(made);
    },
    makeWrappingKey: (request) => makeWrappingKey(caller, request),
    importByok: (request) => importWrapped(caller, request),
    updateVersion: async (name, version, settings) => {
      const { enabled, operations, tags } = settings;
      const updated = await caller.call({ doing: `updating the key ${name}` }, ({ keys }) =>
        keys.updateKeyProperties(name, requireVersionName(version), {
          ...dates(settings),
          ...(enabled === undefined ? {} : { enabled }),
          ...(operations === undefined ? {} : { keyOps: [...operations] }),
          ...(tags === undefined ? {} : { tags: { ...tags } }),
        }),
      );
      return keyFacts(updated);
    },
    rotate: async (name) =>
      keyFacts(
        await caller.call({ doing: `rotating the key ${name}`, repeatable: false }, ({ keys }) => keys.rotateKey(name)),
      ),
    rotationPolicy: (name) => rotationPolicyOf(caller, name),
    setRotationPolicy: (name, policy) => setRotationPolicy(caller, name, policy),
    getDeleted: (name) => getDeleted(caller, name),
    deleteKey: (name) => deleteKey(caller, name),
    recoverKey: (name) => recoverKey(caller, name),
    purgeKey: async (name) => {
      await caller.find({ doing: `purging the key ${name}` }, async ({ keys }) => {
        await keys.purgeDeletedKey(name);
        return true;
      });
    },
    backupKey: async (name) => {
      const backup = await caller.call({ doing: `backing up the key ${name}`, secret: true }, ({ keys }) =>
        keys.backupKey(name),
      );
      if (backup !== undefined) return Buffer.from(backup);
      throw new ByokError("BYOK_AZURE_FAILED", "Azure answered without a backup.");
    },
    restoreKey: async (backup) =>
      keyFacts(
        await caller.call({ doing: "restoring a key", repeatable: false, secret: true }, ({ keys }) =>
          keys.restoreKeyBackup(backup),
        ),
      ),
  };
}
