import { z } from "zod";
import type { AwsConnection } from "../model/aws-connection";
import { ByokError } from "../model/errors";
import type { KmsImportPort } from "../model/ports/kms";
import { AwsCaller } from "./aws-caller";
import { surroundingsOf, type CloudDeps } from "../network/cloud-deps";
import { processShared } from "./process-shared";
import { describeKey } from "./read-key";

/** MacAlgorithm of GenerateMac. */
const macAlgorithm = z.enum(["HMAC_SHA_224", "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512"]);

/** The key was made by another process a moment ago, so this one cannot know whether a not-found is to be believed. */
const WAIT_FOR_KEY_MS = 15_000;

/** Opens the calls that only the custodian makes. Nothing is loaded, read or connected before the first one. */
export const openKmsImport = (connection: AwsConnection, deps: CloudDeps): KmsImportPort =>
  kmsImportPort(new AwsCaller(connection, surroundingsOf(deps), processShared));

/** The port over a caller of one's own. */
export function kmsImportPort(caller: AwsCaller): KmsImportPort {
  const options = { waitForExistence: WAIT_FOR_KEY_MS };
  return {
    callerIdentity: () => caller.checkedIdentity(),
    describeKey: (keyId) => describeKey(caller, keyId, options),
    getParametersForImport: async (keyId, algorithm, wrappingKeySpec) => {
      const answer = await caller.call(
        "GetParametersForImport",
        { KeyId: keyId, WrappingAlgorithm: algorithm, WrappingKeySpec: wrappingKeySpec },
        options,
      );
      return {
        publicKey: present(answer.PublicKey, "GetParametersForImport"),
        importToken: present(answer.ImportToken, "GetParametersForImport"),
        validTo: answer.ParametersValidTo ?? unusable("GetParametersForImport"),
      };
    },
    importKeyMaterial: async (request) => {
      const { KeyMaterialId } = await caller.call(
        "ImportKeyMaterial",
        {
          KeyId: request.keyId,
          ImportToken: request.importToken,
          EncryptedKeyMaterial: request.encryptedKeyMaterial,
          ...(request.validTo === undefined
            ? { ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" }
            : { ExpirationModel: "KEY_MATERIAL_EXPIRES", ValidTo: request.validTo }),
          ...(request.importType === undefined ? {} : { ImportType: request.importType }),
          ...(request.description === undefined ? {} : { KeyMaterialDescription: request.description }),
        },
        // The same material again is accepted, unless it is announced as new.
        { ...options, repeatable: request.importType !== "NEW_KEY_MATERIAL" },
      );
      return KeyMaterialId === undefined ? {} : { keyMaterialId: KeyMaterialId };
    },
    getPublicKey: async (keyId) => {
      const { PublicKey } = await caller.call("GetPublicKey", { KeyId: keyId }, options);
      return present(PublicKey, "GetPublicKey");
    },
    generateMac: async (keyId, algorithm, message) => {
      const { Mac } = await caller.call(
        "GenerateMac",
        { KeyId: keyId, MacAlgorithm: macAlgorithm.parse(algorithm), Message: message },
        options,
      );
      return present(Mac, "GenerateMac");
    },
  };
}

function present(bytes: Uint8Array | undefined, api: string): Buffer {
  return bytes === undefined || bytes.length === 0 ? unusable(api) : Buffer.from(bytes);
}

function unusable(api: string): never {
  throw new ByokError("BYOK_AWS_FAILED", `kms:${api} gave an answer that cannot be used.`, {
    hint: "Check that the KMS endpoint is one.",
  });
}
