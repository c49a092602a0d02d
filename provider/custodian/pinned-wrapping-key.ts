import { createHash, createPublicKey } from "node:crypto";
import { ByokError } from "../model/errors";
import type { UsedWrappingKey } from "../model/ports/azure-import";
import type { VaultKeyFacts } from "../model/ports/key-vault";
import type { OperationContext } from "./operation-context";
import type { VerifiedVault } from "./verified-vault";

/** A wrapping key that may be used: its public half is the one that this project saw when it made the key. */
export interface UsableWrappingKey {
  readonly pin: UsedWrappingKey;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
}

/** What is done about a wrapping key that the group made. */
const ofGroup = "Run pulumi refresh: the group then makes another one.";

/**
 * A wrapping key, read from the vault and compared with what is known of it.
 *
 * @param remedy - what is to be done where it is another one, as a sentence
 * @throws ByokError BYOK_WRAP_REFUSED
 */
export async function requirePinned(
  { clock }: Pick<OperationContext, "clock">,
  { vault, target }: VerifiedVault,
  pin: UsedWrappingKey,
  remedy = ofGroup,
): Promise<UsableWrappingKey> {
  const refused = (fault: string): ByokError =>
    new ByokError(
      "BYOK_WRAP_REFUSED",
      `The key is not wrapped: the wrapping key of the group cannot be trusted: ${fault}.`,
      { hint: `${remedy} Find out who changed it.` },
    );
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
