import { z } from "zod";

/** What stands in a `.byok` file. Source: BYOK specification of Azure Key Vault, "Transfer blob". */
export interface ByokFile {
  /** Id of the wrapping key, with its version. */
  readonly kid: string;
  /** RSA-OAEP (SHA-1, MGF1 with SHA-1) of an ephemeral AES key, followed by RFC 5649 of the material under that. */
  readonly ciphertext: Buffer;
  /** Tool and source HSM; for people. */
  readonly generator: string;
}

/** The bytes of a `.byok` file. */
export const composeByokFile = ({ kid, ciphertext, generator }: ByokFile): Buffer =>
  Buffer.from(
    JSON.stringify({
      schema_version: "1.0.0",
      header: { kid, alg: "dir", enc: "CKM_RSA_AES_KEY_WRAP" },
      ciphertext: ciphertext.toString("base64url"),
      generator,
    }),
  );

/** Larger than any such file: of an RSA_4096 key under a wrapping key of 4096 bits it has some 4 KiB. */
export const mostByokBytes = 64 * 1024;

/** What can be seen of a `.byok` file from outside; the rest only the hardware opens that has the wrapping key. */
export interface ByokHeader {
  readonly kid: string;
  readonly ciphertextBytes: number;
}

const shape = z.object({
  schema_version: z.unknown().optional(),
  header: z.object({ kid: z.unknown().optional(), alg: z.unknown().optional(), enc: z.unknown().optional() }),
  ciphertext: z.unknown().optional(),
});

/** What Azure takes, by the place in the file. */
const required = { schema_version: "1.0.0", "header.alg": "dir", "header.enc": "CKM_RSA_AES_KEY_WRAP" } as const;

/** Header of a `.byok` file, or why Azure would not take it. A fault repeats nothing that could be key material. */
export function readByokHeader(content: Buffer): { readonly header: ByokHeader } | { readonly fault: string } {
  if (content.length > mostByokBytes) return { fault: `it is larger than ${mostByokBytes / 1024} KiB` };
  let value: unknown;
  try {
    value = JSON.parse(content.toString("utf8"));
  } catch {
    return { fault: "it is no JSON" };
  }
  const { data } = shape.safeParse(value);
  if (data === undefined) return { fault: "it is no JSON object with schema_version, header and ciphertext" };
  const { header, ciphertext } = data;
  const found = { schema_version: data.schema_version, "header.alg": header.alg, "header.enc": header.enc };
  for (const [place, wanted] of Object.entries(required)) {
    const is: unknown = Reflect.get(found, place);
    if (is !== wanted) return { fault: `its ${place} is ${shown(is)}, and Azure takes "${wanted}" only` };
  }
  const { kid } = header;
  if (typeof kid !== "string" || kid === "") return { fault: "its header.kid names no wrapping key" };
  if (typeof ciphertext !== "string" || !/^[A-Za-z0-9_-]+={0,2}$/.test(ciphertext))
    return { fault: "its ciphertext is no base64url" };
  return { header: { kid, ciphertextBytes: Buffer.from(ciphertext, "base64url").length } };
}

/**
 * Why a ciphertext cannot be what the specification says: RSA-OAEP is as long as the wrapping key, and RFC 5649 makes at least 16 bytes, and multiples of 8.
 *
 * @param bits - of the wrapping key
 */
export function ciphertextFault({ ciphertextBytes }: ByokHeader, bits: number): string | undefined {
  const wrapped = ciphertextBytes - bits / 8;
  return wrapped >= 16 && wrapped % 8 === 0
    ? undefined
    : `its ciphertext has ${String(ciphertextBytes)} bytes, which cannot be RSA-OAEP under a wrapping key of ${String(bits)} bits and AES key wrap with padding after it`;
}

/** A short word as it stands, and nothing else: the file may be any. */
const shown = (value: unknown): string => {
  if (value === undefined) return "missing";
  return typeof value === "string" && /^[\w.-]{1,30}$/.test(value) ? `"${value}"` : "another one";
};
