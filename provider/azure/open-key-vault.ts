import type { AzureConnection } from "../model/azure-connection";
import { ByokError } from "../model/errors";
import type { KeyVaultPort } from "../model/ports/key-vault";
import type { CloudDeps } from "../network/cloud-deps";
import { deletedFacts, keyFacts, versionFacts } from "./key-facts";
import {
  dates,
  deleteKey,
  getDeleted,
  getKey,
  listVersions,
  makeWrappingKey,
  newSettings,
  recoverKey,
  requireVersionName,
} from "./vault-keys";
import { rotationPolicyOf, setRotationPolicy } from "./rotation-policy";
import { mapAzureError } from "./map-azure-error";
import { missingPermissions } from "./vault-permissions";
import { VaultCaller } from "./vault-caller";
import { visibleVaults } from "./visible-vaults";

/** Opens a Key Vault or Managed HSM for a lifecycle. Nothing is loaded, read or connected before the first call. */
export function openKeyVault(connection: AzureConnection, deps: CloudDeps): KeyVaultPort {
  const caller = new VaultCaller(connection, deps);
  const host = new URL(connection.vaultUrl).host;
  /** A listing whose failures are told as those of calls are. */
  async function* told<T>(doing: string, listing: AsyncIterable<T>): AsyncIterable<T> {
    try {
      yield* listing;
    } catch (error) {
      throw mapAzureError(error, { doing, host });
    }
  }
  return {
    caller: () => caller.call({ doing: "signing in", outsideVault: true }, (session) => session.caller()),
    vaults: () => visibleVaults(caller),
    missingPermissions: (asked) => missingPermissions(caller, asked),
    getKey: (name, version) => getKey(caller, name, version),
    listVersions: (name) => listVersions(caller, name),
    listKeys: async function* () {
      const { lists } = await caller.call({ doing: "signing in" }, (session) => Promise.resolve(session));
      // A listing tells the newest version of each key without naming it.
      for await (const properties of told("listing keys", lists.listPropertiesOfKeys()))
        yield versionFacts({ ...properties, version: properties.version ?? "" });
    },
    listDeleted: async function* () {
      const { lists } = await caller.call({ doing: "signing in" }, (session) => Promise.resolve(session));
      for await (const key of told("listing deleted keys", lists.listDeletedKeys())) yield deletedFacts(key);
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
