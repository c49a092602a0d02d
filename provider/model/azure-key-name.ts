/** What is wrong with the name of a key, or undefined. Source: "Vault name and object name" in "About keys, secrets, and certificates". */
export function azureKeyNameFault(name: string): string | undefined {
  if (/^[0-9a-zA-Z-]{1,127}$/.test(name)) return undefined;
  return `${JSON.stringify(name)} is no name of a key: 1 to 127 letters, digits and hyphens.`;
}

/** Names of vaults and managed HSMs are 3 to 24 letters, digits and hyphens, beginning with a letter. */
export const isVaultName = (text: string): boolean => /^[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/.test(text);

/** The id of a key without a version: `https://HOST/keys/NAME`. */
export const azureKeyId = (vaultUrl: string, name: string): string => `${vaultUrl}/keys/${name}`;

/** Names of keys do not differ by case. */
export const sameKeyName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
