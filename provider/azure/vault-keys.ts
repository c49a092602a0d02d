import { createHash } from "node:crypto";
import type { ImportKeyOptions, KeyClient } from "@azure/keyvault-keys";
import { azureDateFault } from "../model/azure-dates";
import { ByokError } from "../model/errors";
import type {
  DeletedVaultKey,
  ImportWrappedRequest,
  KeyVersionFacts,
  MakeWrappingKeyRequest,
  NewVersionSettings,
  VaultKeyFacts,
  VaultWrappingKey,
} from "../model/ports/key-vault";
import { deletedFacts, keyFacts, versionFacts } from "./key-facts";
import type { VaultCaller } from "./vault-caller";

/** How long Azure may take until a deleted or recovered key shows, and how often to look. */
const APPEARS = { attempts: 60, pauseMs: 1_000 };

/**
 * Settings of a new version as the SDK takes them. It sends dates as 32-bit seconds without a word where they are greater, so that is looked at here too.
 *
 * @throws ByokError BYOK_INPUT_INVALID
 */
export function newSettings({
  enabled,
  notBefore,
  expiresOn,
  tags,
}: NewVersionSettings): Pick<ImportKeyOptions, "enabled" | "notBefore" | "expiresOn" | "tags"> {
  return { enabled, ...dates({ notBefore, expiresOn }), tags: { ...tags } };
}

/** @throws ByokError BYOK_INPUT_INVALID */
export function dates({
  notBefore,
  expiresOn,
}: {
  readonly notBefore?: Date | undefined;
  readonly expiresOn?: Date | undefined;
}): { notBefore?: Date; expiresOn?: Date } {
  for (const [property, date] of Object.entries({ notBefore, expiresOn })) {
    const fault = date === undefined ? undefined : azureDateFault(date.toISOString());
    if (fault !== undefined) throw new ByokError("BYOK_INPUT_INVALID", `${property}: ${fault}`, { property });
  }
  return { ...(notBefore === undefined ? {} : { notBefore }), ...(expiresOn === undefined ? {} : { expiresOn }) };
}

/** A key of the vault that may do nothing but wrap for imports. */
export async function makeWrappingKey(
  caller: VaultCaller,
  { name, bits, tags }: MakeWrappingKeyRequest,
): Promise<VaultWrappingKey> {
  const made = await caller.call({ doing: "making the wrapping key", repeatable: false }, ({ keys }) =>
    keys.createRsaKey(name, { hsm: true, keySize: bits, keyOps: ["import"], tags: { ...tags } }),
  );
  const { id, publicKey, expiresOn } = keyFacts(made);
  if (publicKey === undefined)
    throw new ByokError("BYOK_AZURE_FAILED", "Azure made a wrapping key without a public key.");
  return {
    id,
    bits,
    publicKey,
    publicKeySha256: createHash("sha256").update(publicKey).digest("hex"),
    ...(expiresOn === undefined ? {} : { expiresOn }),
  };
}

/** A new version of wrapped material. Doing it twice would make two, so a lost answer is reported. */
export async function importWrapped(caller: VaultCaller, request: ImportWrappedRequest): Promise<VaultKeyFacts> {
  const { name, kty, curve, byok, operations } = request;
  const imported = await caller.call(
    { doing: `importing the key ${name}`, repeatable: false, secret: true },
    ({ keys }) =>
      keys.importKey(
        name,
        // The SDK sends `t` as `key_hsm`; a field of that name it would drop without a word.
        { kty, keyOps: [...operations], t: byok, ...(curve === undefined ? {} : { crv: curve }) },
        { hardwareProtected: true, ...newSettings(request) },
      ),
  );
  return keyFacts(imported);
}

/**
 * The name of a version in a path. Without one Azure takes a call for one about the newest version, so an empty one must never get there.
 *
 * @throws ByokError BYOK_INTERNAL
 */
export function requireVersionName(version: string): string {
  if (/^[0-9a-fA-F]{32}$/.test(version)) return version;
  throw new ByokError("BYOK_INTERNAL", `${JSON.stringify(version)} names no version of a key in Azure.`);
}

/** Without a version: the newest. */
export async function getKey(caller: VaultCaller, name: string, version?: string): Promise<VaultKeyFacts | undefined> {
  const found = await caller.find({ doing: `reading the key ${name}` }, ({ keys }) =>
    keys.getKey(name, version === undefined ? {} : { version: requireVersionName(version) }),
  );
  return found === undefined ? undefined : keyFacts(found);
}

/** All versions, oldest first; none where there is no such key. */
export async function listVersions(caller: VaultCaller, name: string): Promise<readonly KeyVersionFacts[]> {
  const found = await caller.find({ doing: `listing the versions of ${name}` }, async ({ keys }) => {
    const versions = [];
    for await (const properties of keys.listPropertiesOfKeyVersions(name)) versions.push(versionFacts(properties));
    return versions;
  });
  return (found ?? []).sort((a, b) => a.createdOn.getTime() - b.createdOn.getTime());
}

export async function getDeleted(caller: VaultCaller, name: string): Promise<DeletedVaultKey | undefined> {
  const found = await caller.find({ doing: `reading the deleted key ${name}` }, ({ keys }) => keys.getDeletedKey(name));
  return found === undefined ? undefined : deletedFacts(found);
}

/** Deletes, and waits until the key shows among the deleted ones. */
export async function deleteKey(caller: VaultCaller, name: string): Promise<DeletedVaultKey | undefined> {
  const known = await caller.find({ doing: `deleting the key ${name}` }, ({ keys }) => beginDelete(keys, name));
  if (known === undefined) return getDeleted(caller, name);
  await untilShown(caller, () => getDeleted(caller, name));
  return getDeleted(caller, name);
}

/** Polling is ours: the SDK's own poller is asked for its first step only. */
async function beginDelete(keys: KeyClient, name: string): Promise<true> {
  await keys.beginDeleteKey(name, { intervalInMs: 1 });
  return true;
}

/** Recovers, and waits until the key shows again. */
export async function recoverKey(caller: VaultCaller, name: string): Promise<void> {
  await caller.call({ doing: `recovering the key ${name}` }, async ({ keys }) => {
    await keys.beginRecoverDeletedKey(name, { intervalInMs: 1 });
  });
  await untilShown(caller, () => getKey(caller, name));
}

async function untilShown<T>(caller: VaultCaller, look: () => Promise<T | undefined>): Promise<void> {
  const { sleep, signal } = caller.surroundings;
  for (let attempt = 1; attempt <= APPEARS.attempts; attempt += 1) {
    if ((await look()) !== undefined) return;
    await sleep(APPEARS.pauseMs, signal);
  }
}
