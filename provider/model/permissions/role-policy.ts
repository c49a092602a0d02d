import { partitionOf } from "../aws-partitions";
import { deletionWindow } from "../deletion-window";
import { ownershipTags } from "../owner";
import type { WrappingAlgorithm, WrappingKeySpec } from "../wrapping";
import { actionsOfRole, iamActionRow, type IamAction, type PermissionRole } from "./iam-actions";

/** Where a role acts, and within which limits. */
export interface RoleScope {
  readonly account: string;
  /** All of one partition. */
  readonly regions: readonly [string, ...string[]];
  /** Aliases that it may create, move and delete; default: all. */
  readonly aliasPrefix?: string | undefined;
  /** True: also keys whose material AWS makes. */
  readonly native?: boolean | undefined;
  /** Algorithms with which material may travel; default: those with SHA-256. */
  readonly wrappingAlgorithms?: readonly WrappingAlgorithm[] | undefined;
  readonly wrappingKeySpecs?: readonly WrappingKeySpec[] | undefined;
  /** Shortest waiting period of a deletion, in days. Default 30. */
  readonly minWindowInDays?: number | undefined;
}

/** A statement of an IAM policy. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** An IAM policy, to be attached to a role or user. */
export interface IamPolicy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly PolicyStatement[];
}

/** Actions that read only, so that no condition has to keep them from keys of others. */
const reading = /^(kms:(Describe|Get(?!ParametersForImport)|List)|tag:Get)/;

/** Actions with a statement of their own, because AWS has a condition key for them. */
const conditioned: readonly IamAction[] = [
  "kms:CreateKey",
  "kms:GetParametersForImport",
  "kms:ScheduleKeyDeletion",
  "kms:PutKeyPolicy",
];

/** The policy of a role: what the table of actions gives it, narrowed by AWS's own condition keys. */
export function rolePolicy(role: PermissionRole, scope: RoleScope): IamPolicy {
  const actions = actionsOfRole(role);
  const has = (action: IamAction): boolean => actions.includes(action);
  const on = (resource: "*" | "key" | "alias"): readonly IamAction[] =>
    actions.filter(
      (action) => iamActionRow(action).resources.some((each) => each === resource) && !conditioned.includes(action),
    );
  const keyArns = arnsIn(scope, "key/*");
  const origins = ["EXTERNAL", ...(scope.native === true ? ["AWS_KMS"] : [])];
  const ofOurOrigin = { StringEquals: { "kms:KeyOrigin": origins } };
  const here = { StringEquals: { "aws:RequestedRegion": scope.regions } };
  const writes = on("key").filter((action) => !reading.test(action));
  return {
    Version: "2012-10-17",
    Statement: [
      ...allow("LookAround", on("*"), ["*"], here),
      ...allow(
        "ReadKeys",
        on("key").filter((action) => reading.test(action)),
        keyArns,
      ),
      ...(has("kms:CreateKey")
        ? allow("CreateKeysThatSayWhoseTheyAre", ["kms:CreateKey"], ["*"], {
            StringEquals: { "kms:KeyOrigin": origins, "aws:RequestedRegion": scope.regions },
            Null: { [`aws:RequestTag/${ownershipTags.owner}`]: "false" },
          })
        : []),
      // TagResource with CreateKey is decided before there is a key with an origin.
      ...allow(
        "TagKeys",
        writes.filter((action) => action === "kms:TagResource"),
        keyArns,
      ),
      ...allow(
        "ChangeKeys",
        writes.filter((action) => action !== "kms:TagResource"),
        keyArns,
        ofOurOrigin,
      ),
      ...(has("kms:GetParametersForImport")
        ? allow("WrapStrongly", ["kms:GetParametersForImport"], keyArns, {
            StringEquals: {
              "kms:WrappingAlgorithm": scope.wrappingAlgorithms ?? ["RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"],
              "kms:WrappingKeySpec": scope.wrappingKeySpecs ?? ["RSA_4096"],
            },
          })
        : []),
      ...allow("Aliases", on("alias"), arnsIn(scope, `${scope.aliasPrefix ?? "alias/"}*`)),
      ...(has("kms:ScheduleKeyDeletion")
        ? allow("LetGoSlowly", ["kms:ScheduleKeyDeletion"], keyArns, {
            NumericGreaterThanEquals: {
              "kms:ScheduleKeyDeletionPendingWindowInDays": String(scope.minWindowInDays ?? deletionWindow.default),
            },
          })
        : []),
      ...(has("kms:PutKeyPolicy")
        ? [
            ...allow("SetPolicies", ["kms:PutKeyPolicy"], keyArns),
            {
              ...statement("NeverLockOut", ["kms:PutKeyPolicy"], ["*"], {
                Bool: { "kms:BypassPolicyLockoutSafetyCheck": "true" },
              }),
              Effect: "Deny" as const,
            },
          ]
        : []),
    ],
  };
}

const allow = (
  sid: string,
  actions: readonly IamAction[],
  resources: readonly string[],
  condition?: PolicyStatement["Condition"],
): readonly PolicyStatement[] => (actions.length === 0 ? [] : [statement(sid, actions, resources, condition)]);

const statement = (
  Sid: string,
  Action: readonly IamAction[],
  Resource: readonly string[],
  Condition?: PolicyStatement["Condition"],
): PolicyStatement => ({
  Sid,
  Effect: "Allow",
  Action,
  Resource,
  ...(Condition === undefined ? {} : { Condition }),
});

const arnsIn = ({ account, regions }: RoleScope, resource: string): readonly string[] =>
  regions.map((region) => `arn:${partitionOf(region)?.id ?? "aws"}:kms:${region}:${account}:${resource}`);
