import { createPrivateKey } from "node:crypto";
import { z } from "zod";
import { openComposedWrap } from "../../crypto/composed-wrap";
import { derLength } from "../../crypto/der-length";
import { badParameter } from "../azure-error";
import type { KeyVersion } from "../records";
import type { VaultCall } from "./call";
import { isLive } from "./find-key";
import { privateKeyOf } from "./key-material";
import { bytesSchema } from "./read-body";

/** The key transfer blob of the BYOK specification. */
const byokSchema = z.object({
  schema_version: z.literal("1.0.0"),
  header: z.object({ kid: z.string(), alg: z.literal("dir"), enc: z.literal("CKM_RSA_AES_KEY_WRAP") }),
  ciphertext: bytesSchema,
  generator: z.string(),
});

export interface TransferredKey {
  /** PKCS#8 DER, encoded anew, or the raw bytes of an oct key. */
  readonly material: Buffer;
  readonly trailingZeroBytes: number;
}

/** Opens a key transfer blob with the private key of the key exchange key that its header names. */
export function openByokFile(call: VaultCall, file: Buffer, family: "RSA" | "EC" | "oct"): TransferredKey {
  const parsed = byokSchema.safeParse(readJson(file));
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.map(String).join(".") ?? "";
    throw badParameter(`The key transfer blob is not valid: ${where === "" ? "it is no JSON object" : where}.`);
  }
  const { header, ciphertext } = parsed.data;
  const exchangeKey = requireExchangeKey(call, header.kid);
  const unwrapped = unwrap(ciphertext, exchangeKey);
  if (family === "oct") return { material: unwrapped, trailingZeroBytes: 0 };
  return readPkcs8(unwrapped, call.vaults.settings.strictDer);
}

function requireExchangeKey({ vault, vaults, now }: VaultCall, kid: string): KeyVersion {
  const [name, versionId, ...rest] = kid.startsWith(`${vault.url}/keys/`)
    ? kid.slice(`${vault.url}/keys/`.length).split("/")
    : [];
  const key = name === undefined ? undefined : vaults.store.find(vault.name, name);
  const version = key?.versions.find((each) => each.version === versionId);
  if (key === undefined || version === undefined || rest.length > 0 || !isLive(key, now))
    throw badParameter("The key exchange key that the key transfer blob names (kid) does not exist in this vault.");
  if (version.kty !== "RSA-HSM" || version.operations.length !== 1 || version.operations[0] !== "import") {
    throw badParameter("The key exchange key must be an RSA-HSM key whose only key operation is import.");
  }
  if (!version.enabled) throw badParameter("The key exchange key is disabled.");
  const { notBefore, expires } = version;
  if ((notBefore !== null && now < notBefore * 1000) || (expires !== null && now >= expires * 1000))
    throw badParameter("The key exchange key is outside its dates.");
  return version;
}

function unwrap(ciphertext: Buffer, exchangeKey: KeyVersion): Buffer {
  try {
    return openComposedWrap(ciphertext, "sha1", privateKeyOf(exchangeKey));
  } catch {
    throw badParameter("The key transfer blob could not be unwrapped with the key exchange key.");
  }
}

/** Some tokens pad the PKCS#8 structure with zero bytes before they wrap it; these are counted, unless `strict`. */
function readPkcs8(unwrapped: Buffer, strict: boolean): TransferredKey {
  const end = derLength(unwrapped);
  const rest = end === undefined ? Buffer.alloc(0) : unwrapped.subarray(end);
  const invalid = badParameter("The unwrapped key is not a private key in PKCS#8 form.");
  if (end === undefined || end > unwrapped.length || (rest.length > 0 && strict) || rest.some((byte) => byte !== 0))
    throw invalid;
  try {
    const key = createPrivateKey({ key: unwrapped.subarray(0, end), format: "der", type: "pkcs8" });
    return { material: key.export({ format: "der", type: "pkcs8" }), trailingZeroBytes: rest.length };
  } catch {
    throw invalid;
  }
}

function readJson(file: Buffer): unknown {
  try {
    return JSON.parse(file.toString("utf8"));
  } catch {
    return undefined;
  }
}
