import { createHash, createPublicKey } from "node:crypto";
import { ByokError } from "../model/errors";
import { ownershipTags, wrappingKeyPrefix, wrappingKeyTag } from "../model/owner";
import type { AzureImportRequest, PinnedWrappingKey } from "../model/ports/azure-import";
import type { VaultKeyFacts } from "../model/ports/key-vault";
import type { OperationContext } from "./operation-context";
import type { VerifiedVault } from "./verified-vault";

/** A wrapping key that may be used: its public half is the one that this project saw when it made the key. */
export interface UsableWrappingKey {
  readonly pin: PinnedWrappingKey;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
}

/**
 * Works under the pinned wrapping key, or under one that is made for this import and removed after it. Anybody who may import keys into the vault could place one
 * there whose private half is known outside; so one that is found is never used unless it is the pinned one, bit by bit.
 *
 * @throws ByokError BYOK_WRAP_REFUSED
 */
export async function withWrappingKey<T>(
  context: OperationContext,
  opened: VerifiedVault,
  request: AzureImportRequest,
  work: (key: UsableWrappingKey) => Promise<T>,
): Promise<T> {
  const { wrappingKey } = request;
  if ("id" in wrappingKey) return work(await requirePinned(context, opened, wrappingKey));
  const { vault } = opened;
  const name = `${wrappingKeyPrefix}${context.random(8).toString("hex")}`;
  try {
    const { id, publicKeySha256 } = await context.change(() =>
      vault.makeWrappingKey({
        name,
        bits: wrappingKey.bits,
        // By the tag the next run of the same key finds what one left that was cut off here.
        tags: { [wrappingKeyTag]: request.tags[ownershipTags.owner] ?? request.owner },
      }),
    );
    return await work(await requirePinned(context, opened, { id, publicKeySha256 }));
  } finally {
    // What could not be removed here is looked for by whoever asked for the import.
    await vault.deleteKey(name).catch(() => undefined);
  }
}

/**
 * The pinned wrapping key, read from the vault and compared with its pin.
 *
 * @throws ByokError BYOK_WRAP_REFUSED
 */
export async function requirePinned(
  { clock }: Pick<OperationContext, "clock">,
  { vault, target }: VerifiedVault,
  pin: PinnedWrappingKey,
): Promise<UsableWrappingKey> {
  const { origin, pathname } = new URL(pin.id);
  const [, , name = "", version = ""] = pathname.split("/");
  if (origin !== target.connection.vaultUrl || name === "" || version === "")
    throw refused(`${pin.id} is no version of a key in ${target.connection.vaultUrl}`);
  const key = await vault.getKey(name, version);
  if (key === undefined) throw refused("it is gone");
  const fault = faultOf(key, pin.publicKeySha256, clock());
  if (fault !== undefined) throw refused(fault);
  return { pin, publicKey: key.publicKey ?? Buffer.alloc(0) };
}

/** NIST SP 800-56B rev. 2 §6.2 demands at least this public exponent. */
const leastExponent = 65_537n;

function faultOf(key: VaultKeyFacts, digest: string, now: Date): string | undefined {
  if (key.kty !== "RSA-HSM") return `it is of type ${key.kty}, and not RSA-HSM`;
  if (key.operations.join() !== "import")
    return `its operations are ${key.operations.join(", ")}, and not import alone`;
  if (!key.enabled) return "it is disabled";
  if (key.expiresOn !== undefined && key.expiresOn <= now) return `it expired at ${key.expiresOn.toISOString()}`;
  const { publicKey } = key;
  if (publicKey === undefined || createHash("sha256").update(publicKey).digest("hex") !== digest)
    return "its public key is another one than when it was made";
  const { modulusLength = 0, publicExponent = 0n } =
    createPublicKey({ key: publicKey, format: "der", type: "spki" }).asymmetricKeyDetails ?? {};
  return modulusLength < 2048 || publicExponent < leastExponent ? "it is too weak" : undefined;
}

const refused = (fault: string): ByokError =>
  new ByokError(
    "BYOK_WRAP_REFUSED",
    `The key is not wrapped: the wrapping key of the group cannot be trusted: ${fault}.`,
    {
      hint: "Run pulumi refresh: the group then makes another one. Find out who changed it.",
    },
  );
