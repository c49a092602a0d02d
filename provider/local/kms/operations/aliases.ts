import { AwsError, constraintError, limitExceeded, notFound, validationError } from "../../aws-error";
import { authorizeIdentity } from "../../policy/authorize";
import type { AliasRecord, KeyRecord } from "../../store/records";
import { addressOf } from "../../store/records";
import type { Call, Operation } from "../call";
import { seconds } from "../key-metadata";
import { requireKey } from "../key-reference";
import { keySpecs } from "../key-specs";
import { notLeaving, requireState } from "../key-state";
import { page } from "../page";

const aliasesPerKey = 50;

function readName(call: Call): string {
  const name = call.input.requiredText("AliasName", { min: 1, max: 256 });
  if (!name.startsWith("alias/")) {
    throw validationError(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  }
  if (!/^[a-zA-Z0-9:/_-]+$/.test(name)) {
    throw constraintError("aliasName", name, "Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$");
  }
  if (name === "alias/" || name.includes(":"))
    throw new AwsError("InvalidAliasNameException", `${name} contains invalid characters for an alias`);
  return name;
}

function refuseReserved(name: string): void {
  if (name.startsWith("alias/aws/")) throw new AwsError("NotAuthorizedException");
}

function aliasArn(call: Call, name: string): string {
  return `arn:aws:kms:${call.region}:${call.caller.accountId}:${name}`;
}

function requireAlias(call: Call, name: string): AliasRecord {
  const alias = call.cloud.store.alias(call.caller.accountId, call.region, name);
  if (alias === undefined) throw notFound(`Alias ${aliasArn(call, name)} is not found.`);
  return alias;
}

function checkRoom(call: Call, key: KeyRecord): void {
  if (call.cloud.store.aliasesOf(key).length >= aliasesPerKey) {
    throw limitExceeded(`The key ${key.keyId} already has ${String(aliasesPerKey)} aliases.`);
  }
}

export const createAlias: Operation = (call) => {
  const name = readName(call);
  refuseReserved(name);
  authorizeIdentity(call, "kms:CreateAlias", aliasArn(call, name));
  const key = requireKey(call, call.input.keyReference("TargetKeyId"), { context: { "kms:RequestAlias": name } });
  requireState(key, call.now, notLeaving);
  if (call.cloud.store.alias(key.account, key.region, name) !== undefined) {
    throw new AwsError("AlreadyExistsException", `An alias with the name ${aliasArn(call, name)} already exists`);
  }
  checkRoom(call, key);
  const { account, region, keyId: targetKeyId } = key;
  call.cloud.store.put({ kind: "alias", account, region, name, targetKeyId, createdAt: call.now, updatedAt: call.now });
  return {};
};

export const updateAlias: Operation = (call) => {
  const name = readName(call);
  refuseReserved(name);
  authorizeIdentity(call, "kms:UpdateAlias", aliasArn(call, name));
  const alias = requireAlias(call, name);
  const target = requireKey(call, call.input.keyReference("TargetKeyId"));
  // The key that the alias leaves may be on its way out; the one that it moves to may not.
  requireState(target, call.now, notLeaving);
  const former = requireKey(call, alias.targetKeyId);
  if (kindOf(former) !== kindOf(target) || former.usage !== target.usage) {
    throw validationError("The current and the new KMS key of an alias must have the same type and key usage.");
  }
  if (former.keyId !== target.keyId) checkRoom(call, target);
  call.cloud.store.put({ ...alias, targetKeyId: target.keyId, updatedAt: call.now });
  return {};
};

/** UpdateAlias tells symmetric, asymmetric and HMAC keys apart, and no further. */
function kindOf(key: KeyRecord): string {
  const { family } = keySpecs[key.spec];
  return family === "rsa" || family === "ec" ? "asymmetric" : family;
}

export const deleteAlias: Operation = (call) => {
  const name = readName(call);
  refuseReserved(name);
  authorizeIdentity(call, "kms:DeleteAlias", aliasArn(call, name));
  const alias = requireAlias(call, name);
  requireKey(call, alias.targetKeyId);
  call.cloud.store.commit([{ address: addressOf(alias), record: null }]);
  return {};
};

export const listAliases: Operation = (call) => {
  authorizeIdentity(call, "kms:ListAliases", "*");
  const reference = call.input.text("KeyId", { min: 1, max: 2048 });
  const key =
    reference === undefined ? undefined : requireKey(call, reference, { view: call.view, askKeyPolicy: false });
  const aliases = key === undefined ? call.view.aliases(call.caller.accountId, call.region) : call.view.aliasesOf(key);
  const { items, rest } = page(call, aliases, { defaultLimit: 50, maxLimit: 100, identity: (alias) => alias.name });
  return {
    Aliases: items.map((alias) => ({
      AliasName: alias.name,
      AliasArn: aliasArn(call, alias.name),
      TargetKeyId: alias.targetKeyId,
      CreationDate: seconds(alias.createdAt),
      LastUpdatedDate: seconds(alias.updatedAt),
    })),
    ...rest,
  };
};
