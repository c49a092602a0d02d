import type { IamAction } from "./iam-actions";

/** Actions that go together; `when` says where only some keys or programs need them. */
interface PermissionPart {
  readonly when?: string;
  readonly actions: readonly IamAction[];
}

/** What one thing that this package does needs. */
export interface PermissionOperation {
  readonly what: string;
  readonly parts: readonly PermissionPart[];
  /** Names of operations whose permissions are needed as well. */
  readonly includes?: readonly string[];
  readonly remark?: string;
  /** Every group of copied keys comes to need this, so that the check of a new group asks for it. */
  readonly everyGroup?: true;
}

const describing = ["kms:DescribeKey", "kms:ListAliases", "kms:ListResourceTags", "kms:GetKeyPolicy"] as const;
const ofPublicKeys: PermissionPart = { when: "RSA and EC keys", actions: ["kms:GetPublicKey"] };
const ofHmacKeys: PermissionPart = { when: "HMAC keys", actions: ["kms:GenerateMac"] };

/** Operation → IAM actions: the documentation, the check of a new group and the policies of the roles are all made from this. */
export const permissionOperations: Readonly<Record<string, PermissionOperation>> = {
  group: { what: "`AwsKmsGroup`: first preview, up, refresh", parts: [], remark: "none" },
  preflight: {
    what: "`AwsKmsGroup`: check of permissions",
    parts: [{ when: "optional", actions: ["iam:SimulatePrincipalPolicy"] }],
    remark: "Without it `kms:ListKeys` and `kms:ListAliases` are tried",
  },
  unchanged: { what: "preview of unchanged keys", parts: [], remark: "none, and no call" },
  previewAdopt: { what: "preview of a key to adopt", parts: [{ actions: describing }] },
  refresh: { what: "refresh of a key", parts: [{ actions: describing }], everyGroup: true },
  search: {
    what: "create: look for a key of an interrupted run",
    parts: [{ actions: ["kms:ListKeys", "kms:ListResourceTags"] }, { when: "optional", actions: ["tag:GetResources"] }],
    remark: "GetResources finds keys whose tags may not be read one by one",
    everyGroup: true,
  },
  aliasFree: {
    what: "create: see whether an alias is free",
    parts: [{ actions: ["kms:DescribeKey"] }],
    remark: "On the key that it points to; without it `kms:ListAliases`",
  },
  create: {
    what: "create",
    parts: [{ actions: ["kms:CreateKey", "kms:TagResource"] }],
    includes: ["refresh"],
    remark: "With a `policy` of its own also `kms:PutKeyPolicy`",
    everyGroup: true,
  },
  import: {
    what: "import into a key (create, repair, `validTo`)",
    parts: [
      { actions: ["kms:GetParametersForImport", "kms:ImportKeyMaterial", "kms:DescribeKey"] },
      ofPublicKeys,
      ofHmacKeys,
    ],
    everyGroup: true,
  },
  importFound: {
    what: "import into a key that this run did not make",
    parts: [{ actions: ["kms:ListGrants"] }],
    includes: ["import"],
  },
  adopt: { what: "adopt", parts: [{ actions: ["kms:TagResource"] }], includes: ["refresh", "import"] },
  adoptHolding: { what: "adopt a key that holds material already", parts: [ofPublicKeys, ofHmacKeys] },
  aliases: {
    what: "aliases",
    parts: [{ actions: ["kms:CreateAlias", "kms:DeleteAlias"] }],
    remark:
      "On the alias (IAM policy) and on the key (key policy, or IAM policy where the key policy leaves it to IAM)",
    everyGroup: true,
  },
  description: { what: "description", parts: [{ actions: ["kms:UpdateKeyDescription"] }] },
  policy: { what: "policy", parts: [{ actions: ["kms:PutKeyPolicy"] }] },
  tags: { what: "tags", parts: [{ actions: ["kms:TagResource", "kms:UntagResource"] }] },
  enabled: {
    what: "`enabled`",
    parts: [{ actions: ["kms:EnableKey", "kms:DisableKey"] }],
    remark: "A key with `enabled: false` is disabled after its import",
  },
  rotateNewKey: {
    what: "rotate by a new key",
    parts: [
      { actions: ["kms:UpdateAlias"] },
      { when: "`afterRotation`", actions: ["kms:DisableKey", "kms:ScheduleKeyDeletion"] },
    ],
    includes: ["create", "import"],
    remark: "UpdateAlias on the alias and on both keys",
  },
  rotateInPlace: {
    what: "rotate in place",
    parts: [{ actions: ["kms:ListKeyRotations", "kms:RotateKeyOnDemand", "kms:TagResource"] }],
    includes: ["import"],
  },
  native: {
    what: "material made by AWS (`native: true`)",
    parts: [{ actions: ["kms:CreateKey", "kms:TagResource", "kms:ListKeyRotations", "kms:RotateKeyOnDemand"] }],
    includes: ["refresh"],
  },
  replicas: {
    what: "multi-Region: replicas",
    parts: [{ actions: ["kms:ReplicateKey", "kms:CreateKey", "kms:TagResource"] }],
    includes: ["import", "refresh"],
    remark:
      "ReplicateKey on the primary; CreateKey and all else in the replica's Region. The first multi-Region key of an account also needs `iam:CreateServiceLinkedRole`",
  },
  movePrimary: {
    what: "multi-Region: another primary Region",
    parts: [{ actions: ["kms:UpdatePrimaryRegion"] }],
    remark: "On the primary and on the replica",
  },
  deleteMaterial: {
    what: '`materialState: "deleted"`',
    parts: [{ actions: ["kms:DeleteImportedKeyMaterial"] }],
  },
  undelete: { what: "`adopt.undelete`", parts: [{ actions: ["kms:CancelKeyDeletion"] }], includes: ["adopt"] },
  remove: {
    what: "remove a key",
    parts: [{ actions: ["kms:ScheduleKeyDeletion", "kms:DeleteAlias"] }],
    includes: ["refresh"],
    everyGroup: true,
  },
  aliasResource: {
    what: "`AwsAlias`: create, move, delete",
    parts: [
      { actions: ["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:ListAliases"] },
    ],
    remark: "On the alias, and on the key (for a move on both keys)",
  },
  aliasPreview: {
    what: "`AwsAlias`: preview of a new one or of a move, refresh",
    parts: [{ actions: ["kms:DescribeKey", "kms:ListAliases"] }],
  },
  schedulePreview: {
    what: "`DeletionSchedule`: preview of a new one or of another window",
    parts: [
      { actions: ["kms:DescribeKey", "kms:ListResourceTags", "kms:ListAliases"] },
      { when: "optional", actions: ["kms:GetKeyLastUsage"] },
    ],
    remark: "In each Region of a multi-Region key",
  },
  schedule: {
    what: "`DeletionSchedule`: up, refresh",
    parts: [
      { actions: ["kms:DescribeKey", "kms:ListResourceTags", "kms:ScheduleKeyDeletion"] },
      { when: "another window", actions: ["kms:CancelKeyDeletion"] },
    ],
    remark: "In each Region of a multi-Region key",
  },
  scheduleCancel: {
    what: '`DeletionSchedule`: removal with `onRemove: "cancel"`',
    parts: [
      { actions: ["kms:DescribeKey", "kms:ListResourceTags", "kms:CancelKeyDeletion"] },
      { when: "`restoreEnabled`", actions: ["kms:EnableKey"] },
    ],
    remark: "In each Region of a multi-Region key",
  },
  inventory: {
    what: "`AwsKeyInventory`: up, refresh; `byok sync aws`",
    parts: [
      { actions: ["kms:ListKeys", "kms:ListAliases", "kms:DescribeKey", "kms:ListResourceTags"] },
      { when: "symmetric keys of AWS's material", actions: ["kms:GetKeyRotationStatus"] },
      { when: "`rotations`", actions: ["kms:ListKeyRotations"] },
    ],
  },
  plan: {
    what: "`byok plan`",
    parts: [
      {
        when: "optional",
        actions: ["kms:DescribeKey", "kms:ListResourceTags", "kms:ListAliases", "kms:GetKeyLastUsage"],
      },
    ],
    remark: "What may not be read is said to be unknown; with `--offline` none, and no call",
  },
  prove: {
    what: "`byok prove`",
    parts: [
      {
        when: "symmetric keys",
        actions: ["kms:GetParametersForImport", "kms:ImportKeyMaterial", "kms:DescribeKey"],
      },
      { when: "RSA and EC keys", actions: ["kms:DescribeKey", "kms:GetPublicKey"] },
      { when: "HMAC keys", actions: ["kms:DescribeKey", "kms:GenerateMac"] },
    ],
  },
};

/** What a new group is asked for: each action with the first thing that needs it. What only some keys need is left out. */
export const actionsOfEveryGroup: ReadonlyMap<IamAction, string> = new Map(
  Object.values(permissionOperations)
    .filter(({ everyGroup }) => everyGroup === true)
    .flatMap(({ what, parts }) =>
      parts.flatMap(({ when, actions }) =>
        when === undefined ? actions.map((action) => [action, what] as const) : [],
      ),
    )
    // The first one stays.
    .reverse(),
);
