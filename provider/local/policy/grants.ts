import type { Call } from "../kms/call";
import type { GrantRecord, KeyRecord } from "../store/records";

/** Operations that carry an encryption context, which a grant's constraint can ask for. */
const withContext = new Set([
  "Encrypt",
  "Decrypt",
  "GenerateDataKey",
  "GenerateDataKeyWithoutPlaintext",
  "ReEncryptFrom",
  "ReEncryptTo",
]);

/** Whether a grant on the key gives the caller this action. */
export function grantAllows(key: KeyRecord, call: Call, action: string): boolean {
  const operation = action.replace(/^kms:/, "");
  return key.grants.some(
    (grant) =>
      grant.operations.includes(operation) &&
      isGrantee(grant.grantee, call) &&
      (!withContext.has(operation) || contextFits(grant, encryptionContext(call, operation))),
  );
}

function isGrantee(grantee: string, { caller }: Call): boolean {
  return grantee === caller.arn || grantee === `arn:aws:iam::${caller.accountId}:root` || grantee === caller.accountId;
}

function encryptionContext(call: Call, operation: string): Readonly<Record<string, string>> {
  if (operation === "ReEncryptFrom") return call.input.map("SourceEncryptionContext") ?? {};
  if (operation === "ReEncryptTo") return call.input.map("DestinationEncryptionContext") ?? {};
  return call.input.map("EncryptionContext") ?? {};
}

function contextFits(grant: GrantRecord, given: Readonly<Record<string, string>>): boolean {
  const includes = (wanted: Readonly<Record<string, string>>): boolean =>
    Object.entries(wanted).every(([name, value]) => given[name] === value);
  if (grant.contextSubset !== null && !includes(grant.contextSubset)) return false;
  if (grant.contextEquals === null) return true;
  return includes(grant.contextEquals) && Object.keys(given).length === Object.keys(grant.contextEquals).length;
}
