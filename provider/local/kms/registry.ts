import type { Operation } from "./call";
import { getKeyLastUsage } from "./last-usage";
import * as aliases from "./operations/aliases";
import * as dataKeys from "./operations/data-keys";
import * as deletion from "./operations/deletion";
import * as encryption from "./operations/encryption";
import * as grants from "./operations/grants";
import * as imports from "./operations/import";
import * as keys from "./operations/keys";
import * as macs from "./operations/macs";
import * as policies from "./operations/policies";
import * as replication from "./operations/replication";
import * as rotation from "./operations/rotation";
import * as signing from "./operations/signing";
import * as tagging from "./operations/tagging";

/** The operations of TrentService, which is the name of KMS on the wire. */
export const kmsOperations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ["CancelKeyDeletion", deletion.cancelKeyDeletion],
  ["CreateAlias", aliases.createAlias],
  ["CreateGrant", grants.createGrant],
  ["CreateKey", keys.createKey],
  ["Decrypt", encryption.decrypt],
  ["DeleteAlias", aliases.deleteAlias],
  ["DeleteImportedKeyMaterial", imports.deleteImportedKeyMaterial],
  ["DeriveSharedSecret", signing.deriveSharedSecret],
  ["DescribeKey", keys.describeKey],
  ["DisableKey", keys.disableKey],
  ["DisableKeyRotation", rotation.disableKeyRotation],
  ["EnableKey", keys.enableKey],
  ["EnableKeyRotation", rotation.enableKeyRotation],
  ["Encrypt", encryption.encrypt],
  ["GenerateDataKey", dataKeys.generateDataKey],
  ["GenerateDataKeyWithoutPlaintext", dataKeys.generateDataKeyWithoutPlaintext],
  ["GenerateMac", macs.generateMac],
  ["GenerateRandom", dataKeys.generateRandom],
  ["GetKeyLastUsage", getKeyLastUsage],
  ["GetKeyPolicy", policies.getKeyPolicy],
  ["GetKeyRotationStatus", rotation.getKeyRotationStatus],
  ["GetParametersForImport", imports.getParametersForImport],
  ["GetPublicKey", signing.getPublicKey],
  ["ImportKeyMaterial", imports.importKeyMaterial],
  ["ListAliases", aliases.listAliases],
  ["ListGrants", grants.listGrants],
  ["ListKeyPolicies", policies.listKeyPolicies],
  ["ListKeyRotations", rotation.listKeyRotations],
  ["ListKeys", keys.listKeys],
  ["ListResourceTags", tagging.listResourceTags],
  ["ListRetirableGrants", grants.listRetirableGrants],
  ["PutKeyPolicy", policies.putKeyPolicy],
  ["ReEncrypt", encryption.reEncrypt],
  ["ReplicateKey", replication.replicateKey],
  ["RetireGrant", grants.retireGrant],
  ["RevokeGrant", grants.revokeGrant],
  ["RotateKeyOnDemand", rotation.rotateKeyOnDemand],
  ["ScheduleKeyDeletion", deletion.scheduleKeyDeletion],
  ["Sign", signing.sign],
  ["TagResource", tagging.tagResource],
  ["UntagResource", tagging.untagResource],
  ["UpdateAlias", aliases.updateAlias],
  ["UpdateKeyDescription", keys.updateKeyDescription],
  ["UpdatePrimaryRegion", replication.updatePrimaryRegion],
  ["Verify", signing.verify],
  ["VerifyMac", macs.verifyMac],
]);
