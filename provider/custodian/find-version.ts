import { ByokError } from "../model/errors";
import type { KeySpec } from "../model/key-spec";
import { isAsymmetric } from "../model/key-spec";
import type { SourceVersion, VersionRef } from "../model/ports/custodian";
import type { TokenKey, TokenPort } from "../model/ports/token";
import { parseKeyLabel, type KeyLabel } from "../model/key-label";

/** A key in the token and what its label says. */
export interface MarkedKey {
  readonly key: TokenKey;
  readonly label: KeyLabel;
}

/** Where keys are found; see {@link OperationContext.listKeys}. */
export interface KeyListing {
  readonly listKeys: () => Promise<readonly TokenKey[]>;
}

/** Keys that this package made: of one owner, or of all; lowest version first. */
export async function markedKeys({ listKeys }: KeyListing, owner?: string): Promise<readonly MarkedKey[]> {
  const keys = await listKeys();
  return keys
    .flatMap((key) => {
      const label = parseKeyLabel(key.label);
      return label === undefined || (owner !== undefined && label.owner !== owner) ? [] : [{ key, label }];
    })
    .sort((one, other) => compare(one.label.owner, other.label.owner) || one.label.version - other.label.version);
}

/**
 * The one key of a version, or undefined.
 *
 * @throws ByokError BYOK_KEY_AMBIGUOUS when the token holds two of them: nothing says which one was copied.
 */
export async function findVersion(listing: KeyListing, version: VersionRef): Promise<MarkedKey | undefined> {
  const found = (await markedKeys(listing, version.owner)).filter(({ label }) => label.version === version.version);
  refuseDuplicates(found);
  return found[0];
}

/** The one key of a version, of the expected type. */
export async function requireVersion(listing: KeyListing, version: VersionRef, spec?: KeySpec): Promise<MarkedKey> {
  const found = await findVersion(listing, version);
  if (found === undefined) {
    throw new ByokError("BYOK_KEY_NOT_FOUND", `The token holds no version ${version.version} of this source key.`, {
      hint: "Check that the group names the right token; refresh shows which versions it holds.",
    });
  }
  if (spec !== undefined && found.key.spec !== spec) {
    throw new ByokError(
      "BYOK_KEY_DRIFTED",
      `${versionInWords(found.label)} is ${found.key.spec} in the token, and ${spec} is expected.`,
      { hint: "Refresh the source key; if its label was moved to another key in the token, move it back." },
    );
  }
  return found;
}

/** @throws ByokError BYOK_KEY_AMBIGUOUS when two of the keys are the same version of the same owner. */
export function refuseDuplicates(keys: readonly MarkedKey[]): void {
  for (const [index, { key, label }] of keys.entries()) {
    const twin = keys
      .slice(index + 1)
      .find((other) => other.label.owner === label.owner && other.label.version === label.version);
    if (twin === undefined) continue;
    throw new ByokError(
      "BYOK_KEY_AMBIGUOUS",
      `The token holds two keys that are both ${versionInWords(label)}: CKA_ID ${key.id} and ${twin.key.id}.`,
      { hint: "Find out which of them was copied, and remove or relabel the other one with the token's own tool." },
    );
  }
}

/** What the provider learns of a version; nothing of it is secret. */
export async function describeVersion(token: TokenPort, { key, label }: MarkedKey): Promise<SourceVersion> {
  return {
    owner: label.owner,
    version: label.version,
    id: key.id,
    name: label.name,
    spec: key.spec,
    fingerprint: await token.fingerprint(key.id),
    checkValue: await token.checkValue(key.id),
    exportable: key.extractable,
    ...(isAsymmetric(key.spec) ? { publicKey: (await token.publicKey(key.id)).toString("base64") } : {}),
  };
}

/** `version 2 of "orders"`. */
export const versionInWords = (label: KeyLabel): string => `version ${label.version} of "${label.name}"`;

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
