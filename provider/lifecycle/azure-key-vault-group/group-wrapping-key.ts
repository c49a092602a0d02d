import { createHash } from "node:crypto";
import { z } from "zod";
import { ByokError } from "../../model/errors";
import { ownerHash, ownershipTags, wrappingKeyPrefix, wrappingKeyTag } from "../../model/owner";
import type { KeyVaultPort, VaultKeyFacts, VaultWrappingKey } from "../../model/ports/key-vault";
import { spkiPem, spkiPemSha256 } from "../../model/spki-pem";
import { wrappingKeyGroup } from "../../model/wrapping-key-trust";
import type { LifecycleContext, PlainRecord } from "../contract";
import type { AzureKeyVaultGroupInputs } from "../inputs/azure-key-vault-group-inputs";
import { pinnedWrappingKeySchema } from "../inputs/azure-shapes";
import { isRecord } from "../is-record";
import { removeWrappingKeys } from "../remove-wrapping-keys";

type GroupPlace = Pick<AzureKeyVaultGroupInputs, "self" | "organization" | "kek" | "tier"> & {
  readonly vaultUrl: string;
};

/** True where the keys of the group are imported under a wrapping key that the group keeps. */
export const keepsWrappingKey = ({ kek, tier }: Pick<GroupPlace, "kek" | "tier">): boolean =>
  kek.lifetime === "group" && tier !== "standard";

/** The pin in outputs. */
export const pinnedIn = (outputs: PlainRecord): { readonly id: string; readonly publicKeySha256: string } | undefined =>
  z.object(pinnedWrappingKeySchema.shape).safeParse(outputs["wrappingKey"]).data;

/** Marks the wrapping keys of one group. */
export const wrappingKeyOwner = ({ self = "", organization = "organization", vaultUrl }: GroupPlace): string =>
  ownerHash({ organization, urn: self, place: vaultUrl });

/** Marks those that were made for single tokens, which do not know the group's. */
const tokensOwn = (context: LifecycleContext, { self, organization, vaultUrl }: GroupPlace): string =>
  wrappingKeyGroup({ organization, self, name: context.name, vaultUrl });

/**
 * Makes a wrapping key of a random name. One that is found with the group's tag is never used, whoever made it, because its private half may be known
 * outside the vault; it is what a run left that was cut off, and goes.
 *
 * @param id - of the group; only it removes the key again
 */
export async function makeGroupWrappingKey(
  context: LifecycleContext,
  port: KeyVaultPort,
  place: GroupPlace,
  id: string,
): Promise<VaultWrappingKey> {
  const owner = wrappingKeyOwner(place);
  await removeWrappingKeys(context, port, [owner, tokensOwn(context, place)]);
  context.mayProceed();
  context.log.progress("making the wrapping key");
  const made = await port.makeWrappingKey({
    name: `${wrappingKeyPrefix}${context.random(8).toString("hex")}`,
    bits: place.kek.size,
    tags: { [wrappingKeyTag]: owner, [ownershipTags.lineage]: id },
  });
  context.madeWrappingKeys.add(made);
  return made;
}

/**
 * Removes the wrapping keys of a group that goes, or that keeps none any more, and those of its tokens. A replacement in the same vault has the same owner,
 * so what another resource made stays; a token that misses its own makes another one.
 */
export function removeGroupWrappingKeys(
  context: LifecycleContext,
  port: KeyVaultPort,
  place: GroupPlace,
  id: string,
): Promise<void> {
  const own = tokensOwn(context, place);
  const going = [id, own];
  return removeWrappingKeys(context, port, [wrappingKeyOwner(place), own], ({ tags }) =>
    going.includes(tags[ownershipTags.lineage] ?? ""),
  );
}

/** What the vault shows of a pinned wrapping key. */
export interface SeenWrappingKey {
  /** Why it must not be used any more; undefined while it is what was made. */
  readonly fault: string | undefined;
  /** SubjectPublicKeyInfo (DER). */
  readonly publicKey?: Buffer | undefined;
}

export async function seeWrappingKey(
  port: KeyVaultPort,
  pin: { readonly id: string; readonly publicKeySha256: string },
  now: Date,
): Promise<SeenWrappingKey> {
  const [name, version] = new URL(pin.id).pathname.split("/").slice(2);
  if (name === undefined || version === undefined) return { fault: "its id names no version" };
  const key = await port.getKey(name, version);
  if (key === undefined) return { fault: "it is gone" };
  return { fault: changeOf(key, pin.publicKeySha256, now), publicKey: key.publicKey };
}

/** An import that begins now has to end before the wrapping key does. */
const inTime = 15 * 60_000;

const isOver = (expiresOn: Date, now: Date): boolean => expiresOn.getTime() - inTime <= now.getTime();

/** True once the wrapping key in outputs has no time left, because Azure gave it an expiry of its own. */
export function hasExpired(outputs: PlainRecord, now: Date): boolean {
  const { data } = z.object({ expiresOn: z.string() }).safeParse(outputs["wrappingKey"]);
  return data !== undefined && isOver(new Date(data.expiresOn), now);
}

function changeOf(key: VaultKeyFacts, digest: string, now: Date): string | undefined {
  if (key.kty !== "RSA-HSM") return `it is of type ${key.kty}`;
  if (key.operations.join() !== "import")
    return `its operations are ${key.operations.join(", ")}, and not import alone`;
  if (!key.enabled) return "it is disabled";
  if (key.expiresOn !== undefined && isOver(key.expiresOn, now)) return `it expires at ${key.expiresOn.toISOString()}`;
  const found = createHash("sha256")
    .update(key.publicKey ?? "")
    .digest("hex");
  return found === digest ? undefined : "its public key is another one";
}

/** As the group's outputs tell it: no public interface attests a wrapping key. */
export const wrappingKeyOutput = ({
  id,
  publicKey,
  publicKeySha256,
  bits,
  expiresOn,
}: VaultWrappingKey): PlainRecord => ({
  id,
  publicKeySha256,
  publicKeyPem: spkiPem(publicKey),
  bits,
  ...(expiresOn === undefined ? {} : { expiresOn: expiresOn.toISOString() }),
  attestation: "not verified",
});

/** True where the public key that outputs tell is not the one whose digest they pin, so that somebody altered the state: whoever wraps for it gives them the key. */
export function tellsAnotherKey({ wrappingKey }: PlainRecord): boolean {
  if (!isRecord(wrappingKey)) return false;
  const { publicKeyPem, publicKeySha256 } = wrappingKey;
  if (publicKeyPem === undefined) return false;
  return typeof publicKeyPem !== "string" || spkiPemSha256(publicKeyPem) !== publicKeySha256;
}

/** For the group's row. */
export const anotherKeySentence =
  "the state tells another wrappingKey.publicKeyPem than the vault has: somebody altered it. Nobody may wrap for that one, and who already did gave the key away. Find out who did it, and hand the right one over again.";

/** The same of a wrapping key that is kept, with the public key that the vault shows: outputs of an older version of this package have no PEM. */
export const keptWrappingKey = ({ wrappingKey }: PlainRecord, { publicKey }: SeenWrappingKey): PlainRecord => ({
  wrappingKey:
    isRecord(wrappingKey) && publicKey !== undefined
      ? { ...wrappingKey, publicKeyPem: spkiPem(publicKey) }
      : wrappingKey,
});

/**
 * What the vault's recovery level says: the fallback where Resource Manager may not be asked.
 *
 * @throws ByokError BYOK_AZURE_NOT_FOUND where the key just made does not show
 */
export async function protectionOf(
  port: KeyVaultPort,
  keyId: string,
): Promise<{ readonly purgeProtection: boolean; readonly retentionDays?: number }> {
  const [name = "", version] = new URL(keyId).pathname.split("/").slice(2);
  const key = await port.getKey(name, version);
  if (key === undefined)
    throw new ByokError("BYOK_AZURE_NOT_FOUND", `The wrapping key ${name} does not show in its vault.`, {
      retryable: true,
    });
  return protectionIn(key);
}

/** Source: DeletionRecoveryLevel of the data plane: only levels with `Purgeable` let anybody purge. */
export const protectionIn = ({
  recoveryLevel,
  recoverableDays,
}: Pick<VaultKeyFacts, "recoveryLevel" | "recoverableDays">): {
  readonly purgeProtection: boolean;
  readonly retentionDays?: number;
} => ({
  purgeProtection: !recoveryLevel.includes("Purgeable"),
  ...(recoverableDays === undefined ? {} : { retentionDays: recoverableDays }),
});
