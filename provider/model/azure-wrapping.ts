import type { KeySpec } from "./key-spec";
import type { TokenAbilities } from "./token";
import type { WrappingRefusal } from "./wrapping";

/**
 * Why a token cannot wrap a key for Azure, or undefined where it can. Azure's format is fixed: RSA-OAEP with SHA-1 of an ephemeral AES key, and RFC 5649
 * of the material under that, whatever `minOaepHash` says. Source: BYOK specification of Azure Key Vault.
 */
export function refuseAzureWrapping(
  spec: KeySpec,
  abilities: TokenAbilities,
  tokenModel: string | undefined,
): WrappingRefusal | undefined {
  const token = tokenModel === undefined ? "this token" : `this token (${tokenModel})`;
  if (!abilities.specs.includes(spec))
    return {
      refused: `${token} cannot generate ${spec} keys.`,
      hint: `It makes ${abilities.specs.join(", ")}. Choose one of these, or another token.`,
    };
  if (!abilities.oaepHashes.includes("sha1"))
    return {
      refused: `${token} has no RSA-OAEP with SHA-1, which Azure's import format is made of.`,
      hint: "Use a token with CKM_RSA_PKCS_OAEP and SHA-1.",
    };
  if (abilities.keyWrapPadding === "none")
    return {
      refused: `${token} has no AES key wrap with padding (RFC 5649), which Azure's import format is made of.`,
      hint: "Use a token with CKM_AES_KEY_WRAP_KWP.",
    };
  return undefined;
}
