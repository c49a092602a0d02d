import { createPublicKey } from "node:crypto";
import type { DeletedKey, JsonWebKey, KeyProperties, KeyVaultKey } from "@azure/keyvault-keys";
import type { AzureCurve } from "../model/azure-key-type";
import { ByokError } from "../model/errors";
import type { DeletedVaultKey, KeyVersionFacts, VaultKeyFacts } from "../model/ports/key-vault";

/** Attributes of a version as the port tells them. */
export function versionFacts(properties: KeyProperties): KeyVersionFacts {
  const { id, name, version } = properties;
  const { notBefore, expiresOn, createdOn, updatedOn, recoveryLevel, recoverableDays, tags } = properties;
  return {
    id: required(id, "id"),
    name,
    version: required(version, "version"),
    enabled: properties.enabled ?? true,
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(expiresOn === undefined ? {} : { expiresOn }),
    createdOn: required(createdOn, "creation date"),
    updatedOn: updatedOn ?? required(createdOn, "creation date"),
    recoveryLevel: recoveryLevel ?? "",
    ...(recoverableDays === undefined ? {} : { recoverableDays }),
    tags: tags ?? {},
  };
}

/** A version with its public key as the port tells it. */
export function keyFacts(key: KeyVaultKey): VaultKeyFacts {
  const { keyType, keyOperations = [], key: jwk } = key;
  const publicKey = jwk === undefined ? undefined : spkiOf(jwk);
  const curve = curveOf(jwk?.crv);
  const bits = jwk?.n === undefined ? undefined : withoutLeadingZeros(jwk.n).length * 8;
  return {
    ...versionFacts(key.properties),
    kty: required(keyType, "type"),
    operations: keyOperations,
    ...(curve === undefined ? {} : { curve }),
    ...(bits === undefined ? {} : { bits }),
    ...(publicKey === undefined ? {} : { publicKey }),
  };
}

/** A soft-deleted key as the port tells it. */
export function deletedFacts({ name, properties }: DeletedKey): DeletedVaultKey {
  const { recoveryId, deletedOn, scheduledPurgeDate, recoveryLevel, version, id, tags } = properties;
  return {
    name,
    recoveryId: required(recoveryId, "recovery id"),
    deletedOn: required(deletedOn, "deletion date"),
    scheduledPurgeDate: required(scheduledPurgeDate, "purge date"),
    recoveryLevel: recoveryLevel ?? "",
    version: version ?? id?.split("/").at(-1) ?? "",
    tags: tags ?? {},
  };
}

const curves: readonly AzureCurve[] = ["P-256", "P-384", "P-521", "P-256K"];

const curveOf = (name: string | undefined): AzureCurve | undefined => curves.find((curve) => curve === name);

/** SubjectPublicKeyInfo of an RSA or EC key. */
function spkiOf({ n, e, x, y, crv }: JsonWebKey): Buffer | undefined {
  const jwk =
    n !== undefined && e !== undefined
      ? { kty: "RSA", n: base64url(n), e: base64url(e) }
      : x !== undefined && y !== undefined && crv !== undefined
        ? // Azure's own name of the curve, and the one that RFC 8812 gives it.
          { kty: "EC", crv: crv === "P-256K" ? "secp256k1" : crv, x: base64url(x), y: base64url(y) }
        : undefined;
  if (jwk === undefined) return undefined;
  try {
    return createPublicKey({ key: jwk, format: "jwk" }).export({ format: "der", type: "spki" });
  } catch {
    throw unusable("public key");
  }
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

const withoutLeadingZeros = (bytes: Uint8Array): Uint8Array => {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? bytes.subarray(bytes.length) : bytes.subarray(first);
};

const unusable = (what: string): ByokError =>
  new ByokError("BYOK_AZURE_FAILED", `Azure gave an answer without a usable ${what}.`, {
    hint: "Check that the endpoint is a Key Vault.",
  });

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw unusable(what);
  return value;
}
