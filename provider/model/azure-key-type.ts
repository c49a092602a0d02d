import type { AzureTier } from "./azure-connection";
import type { KeySpec } from "./key-spec";

/** How Azure keeps a key: in software, or in a hardware security module. */
export type AzureProtection = "software" | "hsm";

/** JsonWebKeyCurveName of the data plane. */
export type AzureCurve = "P-256" | "P-384" | "P-521" | "P-256K";

/** JsonWebKeyOperation of the data plane, without `import` and `export`, which no copied key has. */
export const azureKeyOperations = ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"] as const;
export type AzureKeyOperation = (typeof azureKeyOperations)[number];

/** What a key type is in Azure. */
export interface AzureKeyTypeFacts {
  readonly kty: "RSA" | "EC" | "oct";
  readonly curve?: AzureCurve;
  /** Operations that the type can have; all of them are the default. */
  readonly operations: readonly AzureKeyOperation[];
}

const rsa: AzureKeyTypeFacts = { kty: "RSA", operations: azureKeyOperations };
const ec = (curve: AzureCurve): AzureKeyTypeFacts => ({ kty: "EC", curve, operations: ["sign", "verify"] });

/** Facts by key type; a type that is absent cannot be a key of Azure. Source: "About keys" of Key Vault, table of key types and operations. */
const factsBySpec: Readonly<Partial<Record<KeySpec, AzureKeyTypeFacts>>> = {
  RSA_2048: rsa,
  RSA_3072: rsa,
  RSA_4096: rsa,
  EC_P256: ec("P-256"),
  EC_P384: ec("P-384"),
  EC_P521: ec("P-521"),
  EC_SECP256K1: ec("P-256K"),
  AES_256: { kty: "oct", operations: ["encrypt", "decrypt", "wrapKey", "unwrapKey"] },
};

/** What a key type is in Azure, or undefined where Azure has no such keys. */
export const azureKeyTypeOf = (spec: KeySpec): AzureKeyTypeFacts | undefined => factsBySpec[spec];

/** Why a key type cannot be in a vault with that protection, and what to do. */
export interface AzureKeyRefusal {
  readonly property: "material" | "protection";
  readonly reason: string;
}

/** Undefined where the vault can hold a key of the type with that protection. */
export function refuseAzureKey(
  spec: KeySpec,
  tier: AzureTier,
  protection: AzureProtection,
): AzureKeyRefusal | undefined {
  const facts = azureKeyTypeOf(spec);
  if (facts === undefined) {
    return {
      property: "material",
      reason: `is of type ${spec}, and Azure has no such keys. Use RSA, EC or AES_256 keys.`,
    };
  }
  if (facts.kty === "oct" && tier !== "managed-hsm") {
    return {
      property: "material",
      reason: `is of type ${spec}, which only a Managed HSM holds, and the group's tier is ${tier}. Use an RSA or EC key, or a group with tier "managed-hsm".`,
    };
  }
  if (protection === "hsm" && tier === "standard") {
    return {
      property: "protection",
      reason:
        'is "hsm", and a standard vault has no HSM-protected keys. Use a premium vault or a Managed HSM, or protection: "software".',
    };
  }
  if (protection === "software" && tier === "managed-hsm") {
    return {
      property: "protection",
      reason: 'is "software", and a Managed HSM holds HSM-protected keys only. Write "hsm".',
    };
  }
  return undefined;
}
