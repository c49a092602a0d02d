/**
 * What stands before the material in every digest, so that a fingerprint is never a value that some other protocol computes
 * over the same key. Fingerprints (hex of SHA-256):
 *
 * - method `sha256`: `key` ‖ key bytes, digested in the token
 * - method `mac`: `mac` ‖ MAC(macConstants[0]) ‖ MAC(macConstants[1]); two MACs, because a single AES-CMAC has only 128 bits
 * - method `spki`: `spki` ‖ SubjectPublicKeyInfo (DER)
 *
 * They stand in states and tokens: changing one is a break.
 */
export const fingerprintDomains = {
  key: "pulumi-byok/fingerprint/key/1\0",
  mac: "pulumi-byok/fingerprint/mac/1\0",
  macConstants: ["pulumi-byok/fingerprint/mac/1/a\0", "pulumi-byok/fingerprint/mac/1/b\0"],
  spki: "pulumi-byok/fingerprint/spki/1\0",
} as const;
