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
