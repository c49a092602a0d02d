import type { AzureConnection } from "../model/azure-connection";
import { azureKeyId } from "../model/azure-key-name";
import { ByokError } from "../model/errors";
import type { KeyVersionFacts } from "../model/ports/key-vault";
import type {
  DeniedVaultRead,
  ListedKeyType,
  ListedVaultKey,
  VaultInventoryPort,
  VaultListingOptions,
} from "../model/ports/vault-inventory";
import { inOrder } from "../network/in-order";
import { deletedFacts } from "./key-facts";
import { rotationPolicyOf } from "./rotation-policy";
import { VaultCaller, type VaultDeps } from "./vault-caller";
import { getKey, listVersions } from "./vault-keys";
import { pagesOf } from "./vault-pages";

/**
 * So many keys are read at the same time. A vault grants some thousand calls in ten seconds, of all its callers together, so this stays well below; what
 * it refuses is asked again when it says.
 */
const KEYS_AT_ONCE = 8;

/** Opens the reading of a whole vault. Nothing is loaded, read or connected before the first call. */
export function openVaultInventory(connection: AzureConnection, deps: VaultDeps): VaultInventoryPort {
  const caller = new VaultCaller(connection, deps);
  return {
    caller: () => caller.call({ doing: "signing in", outsideVault: true }, (session) => session.caller()),
    keys: (options = {}) => listedKeys(caller, connection.vaultUrl, options),
    deletedKeys: async function* () {
      for await (const page of pagesOf(caller, "listing deleted keys", ({ lists }) => lists.listDeletedKeys()))
        yield* page.map(deletedFacts);
    },
  };
}

interface Entry {
  readonly name: string;
  readonly ofCertificate: boolean;
  readonly enabled: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

async function* listedKeys(
  caller: VaultCaller,
  vaultUrl: string,
  options: VaultListingOptions,
): AsyncGenerator<ListedVaultKey, void, undefined> {
  const found = inOrder(entryPages(caller), KEYS_AT_ONCE, (entry) => readKey(caller, vaultUrl, entry, options));
  for await (const key of found) if (key !== undefined) yield key;
}

async function* entryPages(caller: VaultCaller): AsyncGenerator<readonly Entry[], void, undefined> {
  for await (const page of pagesOf(caller, "listing keys", ({ lists }) => lists.listPropertiesOfKeys()))
    yield page.map(({ name, managed, enabled, tags }) => ({
      name,
      ofCertificate: managed === true,
      enabled: enabled !== false,
      tags: tags ?? {},
    }));
}

/** Not permitted; or not of a key in its present state, which is no reason to list no other key. */
const notShown: readonly string[] = ["BYOK_AZURE_ACCESS_DENIED", "BYOK_AZURE_INVALID_STATE"];

/** Undefined: gone by now. */
async function readKey(
  caller: VaultCaller,
  vaultUrl: string,
  entry: Entry,
  { rotations = false }: VaultListingOptions,
): Promise<ListedVaultKey | undefined> {
  const denied: DeniedVaultRead[] = [];
  const unlessDenied = async <T>(read: DeniedVaultRead, act: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ByokError) || !notShown.includes(error.code)) throw error;
      denied.push(read);
      return undefined;
    }
  };
  const [versions, newest, rotation] = await Promise.all([
    unlessDenied("list", () => listVersions(caller, entry.name)),
    unlessDenied("get", () => newestOf(caller, entry.name)),
    rotations ? unlessDenied("getrotationpolicy", () => rotationPolicyOf(caller, entry.name)) : undefined,
  ]);
  if (versions?.length === 0 || newest === "gone") return undefined;
  return {
    ...entry,
    keyId: azureKeyId(vaultUrl, entry.name),
    versions: versionsInOrder(versions ?? [], newest?.version),
    ...(newest === undefined ? {} : { type: newest.type }),
    ...(rotation === undefined ? {} : { rotation }),
    // In one order, whichever answer came first.
    denied: denied.sort(),
  };
}

/** Azure tells whole seconds, so two versions of one second may come in any order; which one is the newest it tells all the same. */
const versionsInOrder = (
  versions: readonly KeyVersionFacts[],
  newest: string | undefined,
): readonly KeyVersionFacts[] => [
  ...versions.filter(({ version }) => version !== newest),
  ...versions.filter(({ version }) => version === newest),
];

async function newestOf(
  caller: VaultCaller,
  name: string,
): Promise<{ readonly version: string; readonly type: ListedKeyType } | "gone"> {
  const key = await getKey(caller, name);
  if (key === undefined) return "gone";
  const { version, kty, curve, bits, operations } = key;
  const size = { ...(curve === undefined ? {} : { curve }), ...(bits === undefined ? {} : { bits }) };
  return { version, type: { kty, operations, ...size } };
}
