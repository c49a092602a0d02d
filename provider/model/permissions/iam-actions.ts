/**
 * Who of a divided team does something: the importer runs the whole life of a copy, the destroyer lets go, the policy-admin decides who may use a
 * key; the material-importer is the part of the importer that only brings material.
 */
export type PermissionRole = "importer" | "material-importer" | "destroyer" | "policy-admin";

/** What an action is allowed on: everything at once (`*`), keys, aliases, or the principal itself. */
export type PermissionResource = "*" | "key" | "alias" | "principal";

/** An IAM action, as AWS's Service Authorization Reference describes it. */
export interface IamActionRow {
  /** AWS checks the action on each of these. */
  readonly resources: readonly PermissionResource[];
  /** Condition keys that an IAM policy can use with it, besides those of the resource. */
  readonly conditionKeys: readonly string[];
  readonly roles: readonly PermissionRole[];
}

const everybody = ["importer", "material-importer", "destroyer", "policy-admin"] as const;
const tagKeys = ["aws:RequestTag/${TagKey}", "aws:TagKeys"];
const ofNewKeys = ["kms:KeyOrigin", "kms:KeySpec", "kms:KeyUsage", "kms:MultiRegion", "kms:MultiRegionKeyType"];

const row = (
  resources: IamActionRow["resources"],
  roles: IamActionRow["roles"],
  conditionKeys: readonly string[] = [],
): IamActionRow => ({ resources, roles, conditionKeys });

/**
 * Every action that this package may need. Source of resources and condition keys: AWS Service Authorization Reference, "Actions, resources,
 * and condition keys" of AWS KMS, IAM and the Resource Groups Tagging API. kms:CallerAccount and kms:ViaService go with nearly all of them.
 */
export const iamActions = {
  // Nobody needs it; and only who makes the principal can name it in a policy.
  "iam:SimulatePrincipalPolicy": row(["principal"], []),
  "kms:CancelKeyDeletion": row(["key"], ["destroyer"]),
  "kms:CreateAlias": row(["alias", "key"], ["importer"]),
  "kms:CreateKey": row(["*"], ["importer"], [...ofNewKeys, "kms:BypassPolicyLockoutSafetyCheck", ...tagKeys]),
  "kms:DeleteAlias": row(["alias", "key"], ["destroyer"]),
  "kms:DeleteImportedKeyMaterial": row(["key"], ["destroyer"]),
  "kms:DescribeKey": row(["key"], everybody, ["kms:RequestAlias"]),
  "kms:DisableKey": row(["key"], ["importer"]),
  "kms:EnableKey": row(["key"], ["importer"]),
  "kms:GenerateMac": row(["key"], ["importer", "material-importer"], ["kms:MacAlgorithm", "kms:RequestAlias"]),
  "kms:GetKeyLastUsage": row(["key"], ["importer", "destroyer"]),
  "kms:GetKeyPolicy": row(["key"], ["importer", "policy-admin"]),
  "kms:GetKeyRotationStatus": row(["key"], ["importer"]),
  "kms:GetParametersForImport": row(
    ["key"],
    ["importer", "material-importer"],
    ["kms:WrappingAlgorithm", "kms:WrappingKeySpec"],
  ),
  "kms:GetPublicKey": row(["key"], ["importer", "material-importer"], ["kms:RequestAlias"]),
  "kms:ImportKeyMaterial": row(["key"], ["importer", "material-importer"], ["kms:ExpirationModel", "kms:ValidTo"]),
  "kms:ListAliases": row(["*"], ["importer", "destroyer"]),
  "kms:ListGrants": row(["key"], ["importer", "policy-admin"], ["kms:GrantIsForAWSResource"]),
  "kms:ListKeyRotations": row(["key"], ["importer"]),
  "kms:ListKeys": row(["*"], ["importer"]),
  "kms:ListResourceTags": row(["key"], ["importer"]),
  "kms:PutKeyPolicy": row(["key"], ["policy-admin"], ["kms:BypassPolicyLockoutSafetyCheck"]),
  "kms:ReplicateKey": row(["key"], ["importer"], ["kms:ReplicaRegion"]),
  "kms:RotateKeyOnDemand": row(["key"], ["importer"]),
  "kms:ScheduleKeyDeletion": row(["key"], ["destroyer"], ["kms:ScheduleKeyDeletionPendingWindowInDays"]),
  "kms:TagResource": row(["key"], ["importer"], tagKeys),
  "kms:UntagResource": row(["key"], ["importer"], ["aws:TagKeys"]),
  "kms:UpdateAlias": row(["alias", "key"], ["importer"]),
  "kms:UpdateKeyDescription": row(["key"], ["importer"]),
  "kms:UpdatePrimaryRegion": row(["key"], ["importer"], ["kms:PrimaryRegion"]),
  "sts:GetCallerIdentity": row([], everybody),
  "tag:GetResources": row(["*"], ["importer"]),
} as const satisfies Readonly<Record<string, IamActionRow>>;

export type IamAction = keyof typeof iamActions;

/** Condition keys that go with every action on a key (resource type `key`). */
export const keyConditionKeys = [...ofNewKeys, "kms:ResourceAliases", "aws:ResourceTag/${TagKey}"] as const;

const names = Object.keys(iamActions);

/** True for a name that the table knows. */
export const isIamAction = (name: string): name is IamAction => names.includes(name);

/** The actions of the table, by name. */
export const allIamActions: readonly IamAction[] = names.filter(isIamAction);

/** The row of an action. */
export const iamActionRow = (action: IamAction): IamActionRow => iamActions[action];

/** The actions of a role. */
export const actionsOfRole = (role: PermissionRole): readonly IamAction[] =>
  allIamActions.filter((action) => iamActionRow(action).roles.includes(role));
