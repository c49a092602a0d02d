import { randomBytes } from "node:crypto";
import { accessDenied, constraintError, notFound, validationError } from "../../aws-error";
import { keyArn } from "../../policy/authorize";
import type { GrantRecord, KeyRecord } from "../../store/records";
import type { Answer, Call, Operation } from "../call";
import { seconds } from "../key-metadata";
import { requireKey } from "../key-reference";
import { requireState } from "../key-state";
import { page } from "../page";

/** GrantOperation of the API reference. */
const grantOperations = [
  "Decrypt",
  "Encrypt",
  "GenerateDataKey",
  "GenerateDataKeyWithoutPlaintext",
  "ReEncryptFrom",
  "ReEncryptTo",
  "Sign",
  "Verify",
  "GetPublicKey",
  "CreateGrant",
  "RetireGrant",
  "DescribeKey",
  "GenerateDataKeyPair",
  "GenerateDataKeyPairWithoutPlaintext",
  "GenerateMac",
  "VerifyMac",
  "DeriveSharedSecret",
];

const principalPattern = /^[\w+=,.@:/-]+$/;

export const createGrant: Operation = (call) => {
  const { input, now } = call;
  const grantee = input.requiredText("GranteePrincipal", { min: 1, max: 256, pattern: principalPattern });
  const operations = input.texts("Operations") ?? [];
  const unknown = operations.find((operation) => !grantOperations.includes(operation));
  if (operations.length === 0) throw constraintError("operations", "null", "Member must not be null");
  if (unknown !== undefined) {
    throw constraintError(
      "operations",
      `[${operations.join(", ")}]`,
      `Member must satisfy constraint: [Member must satisfy enum value set: [${grantOperations.join(", ")}]]`,
    );
  }
  const constraints = input.structure("Constraints");
  const key = requireKey(call, input.keyReference(), {
    crossAccount: true,
    context: {
      "kms:GrantOperations": operations,
      "kms:GranteePrincipal": grantee,
      "kms:GrantIsForAWSResource": "false",
    },
  });
  requireState(key, now, ["Enabled"]);
  const grant: GrantRecord = {
    id: randomBytes(32).toString("hex"),
    token: randomBytes(64).toString("base64"),
    name: input.text("Name", { min: 1, max: 256, pattern: /^[a-zA-Z0-9:/_-]+$/ }) ?? null,
    createdAt: now,
    grantee,
    retiring: input.text("RetiringPrincipal", { min: 1, max: 256, pattern: principalPattern }) ?? null,
    issuingAccount: `arn:aws:iam::${call.caller.accountId}:root`,
    operations,
    contextEquals: constraints?.map("EncryptionContextEquals") ?? null,
    contextSubset: constraints?.map("EncryptionContextSubset") ?? null,
  };
  // A name makes the call repeatable: the same grant under the same name is not made twice.
  const same = key.grants.find((existing) => existing.name !== null && fingerprint(existing) === fingerprint(grant));
  if (same !== undefined) return { GrantId: same.id, GrantToken: same.token };
  call.cloud.store.put({ ...key, grants: [...key.grants, grant] });
  return { GrantId: grant.id, GrantToken: grant.token };
};

function fingerprint(grant: GrantRecord): string {
  const { name, grantee, retiring, operations, contextEquals, contextSubset } = grant;
  return JSON.stringify([name, grantee, retiring, operations, contextEquals, contextSubset]);
}

function grantEntry(key: KeyRecord, grant: GrantRecord): Answer {
  const constraints = {
    ...(grant.contextEquals === null ? {} : { EncryptionContextEquals: grant.contextEquals }),
    ...(grant.contextSubset === null ? {} : { EncryptionContextSubset: grant.contextSubset }),
  };
  return {
    KeyId: keyArn(key),
    GrantId: grant.id,
    Name: grant.name ?? "",
    CreationDate: seconds(grant.createdAt),
    GranteePrincipal: grant.grantee,
    ...(grant.retiring === null ? {} : { RetiringPrincipal: grant.retiring }),
    IssuingAccount: grant.issuingAccount,
    Operations: grant.operations,
    ...(Object.keys(constraints).length === 0 ? {} : { Constraints: constraints }),
  };
}

export const listGrants: Operation = (call) => {
  const grantee = call.input.text("GranteePrincipal", { min: 1, max: 256 });
  const id = call.input.text("GrantId", { min: 1, max: 128 });
  const key = requireKey(call, call.input.keyReference(), { crossAccount: true, view: call.view });
  const found = key.grants.filter(
    (grant) => (grantee === undefined || grant.grantee === grantee) && (id === undefined || grant.id === id),
  );
  const { items, rest } = page(call, found, { defaultLimit: 50, maxLimit: 100, identity: (grant) => grant.id });
  return { Grants: items.map((grant) => grantEntry(key, grant)), ...rest };
};

export const listRetirableGrants: Operation = (call) => {
  const retiring = call.input.requiredText("RetiringPrincipal", { min: 1, max: 256, pattern: principalPattern });
  const found = call.view
    .keys(call.caller.accountId, call.region)
    .flatMap((key) => key.grants.filter((grant) => grant.retiring === retiring).map((grant) => ({ key, grant })));
  const { items, rest } = page(call, found, { defaultLimit: 50, maxLimit: 100, identity: ({ grant }) => grant.id });
  return { Grants: items.map(({ key, grant }) => grantEntry(key, grant)), ...rest };
};

export const revokeGrant: Operation = (call) => {
  const id = call.input.requiredText("GrantId", { min: 1, max: 128 });
  const key = requireKey(call, call.input.keyReference(), { crossAccount: true });
  if (!key.grants.some((grant) => grant.id === id)) throw notFound(`Grant ID ${id} not found`);
  withoutGrant(call, key, id);
  return {};
};

/** Retiring is for the retiring principal, the grantee (when the grant includes RetireGrant) and the key's account. */
export const retireGrant: Operation = (call) => {
  const token = call.input.text("GrantToken", { min: 1, max: 8192 });
  const id = call.input.text("GrantId", { min: 1, max: 128 });
  if (token === undefined && id === undefined)
    throw validationError("Either a grant token or a grant ID with a key ID is required.");
  const key =
    id === undefined
      ? call.cloud.store.allKeys().find((candidate) => candidate.grants.some((grant) => grant.token === token))
      : requireKey(call, call.input.keyReference(), { crossAccount: true, askKeyPolicy: false });
  const grant = key?.grants.find((candidate) => (id === undefined ? candidate.token === token : candidate.id === id));
  if (key === undefined || grant === undefined) throw notFound("The grant was not found.");
  const { arn, accountId } = call.caller;
  const allowed =
    grant.retiring === arn ||
    (grant.grantee === arn && grant.operations.includes("RetireGrant")) ||
    (accountId === key.account && grant.retiring === null);
  if (!allowed && call.cloud.settings.enforcePolicies) {
    throw accessDenied(`User: ${arn} is not authorized to perform: kms:RetireGrant on resource: ${keyArn(key)}`);
  }
  withoutGrant(call, key, grant.id);
  return {};
};

function withoutGrant(call: Call, key: KeyRecord, id: string): void {
  call.cloud.store.put({ ...key, grants: key.grants.filter((grant) => grant.id !== id) });
}
