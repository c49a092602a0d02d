import { partitionOf } from "../model/aws-partitions";
import { windowFault } from "../model/deletion-window";
import { ByokError } from "../model/errors";
import type { PermissionRole } from "../model/permissions/iam-actions";
import { rolePolicy, type RoleScope } from "../model/permissions/role-policy";
import { groupInState } from "./state-group";
import { readStack } from "./stack-export";

/** Names of the roles, in the order in which they are printed. */
export const permissionRoleNames: readonly PermissionRole[] = [
  "importer",
  "material-importer",
  "destroyer",
  "policy-admin",
];

/** Options of `byok permissions`. */
export interface PermissionsOptions {
  readonly account?: string;
  readonly region?: readonly string[];
  readonly group?: string;
  readonly stack?: string;
  readonly file?: string;
  readonly role?: string;
  readonly aliasPrefix?: string;
  readonly native?: boolean;
  readonly sha1?: boolean;
  readonly minWindow?: string;
}

/** `byok permissions`: IAM policies for separate roles, as JSON: of one role, or of all by name. It needs no cloud. */
export async function permissionsCommand(options: PermissionsOptions): Promise<string> {
  const scope = await scopeOf(options);
  const { role } = options;
  if (role === undefined) {
    return printed(Object.fromEntries(permissionRoleNames.map((name) => [name, rolePolicy(name, scope)])));
  }
  const known = permissionRoleNames.find((name) => name === role);
  if (known === undefined) throw wrong(`--role ${role} is none.`, `Choose one of ${permissionRoleNames.join(", ")}.`);
  return printed(rolePolicy(known, scope));
}

const printed = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

async function scopeOf(options: PermissionsOptions): Promise<RoleScope> {
  const { account, regions } = await placeOf(options);
  const { aliasPrefix, minWindow } = options;
  if (aliasPrefix !== undefined && !aliasPrefix.startsWith("alias/")) {
    throw wrong(`--alias-prefix ${aliasPrefix} is none.`, 'It begins with "alias/".');
  }
  const days = minWindow === undefined ? undefined : Number(minWindow);
  const fault = days === undefined ? undefined : windowFault(days);
  if (fault !== undefined) throw wrong(`--min-window ${fault}`);
  return {
    account,
    regions,
    aliasPrefix,
    native: options.native,
    minWindowInDays: days,
    ...(options.sha1 === true
      ? {
          wrappingAlgorithms: [
            ...(["RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"] as const),
            ...(["RSAES_OAEP_SHA_1", "RSA_AES_KEY_WRAP_SHA_1"] as const),
          ],
        }
      : {}),
  };
}

async function placeOf(options: PermissionsOptions): Promise<Pick<RoleScope, "account" | "regions">> {
  const { group, stack, file } = options;
  const state = group === undefined ? undefined : await readStack({ stack, file, command: "permissions" });
  const found = state === undefined || group === undefined ? undefined : groupInState(state, group).connection;
  const account = options.account ?? found?.account;
  const [first, ...others] = options.region ?? (found === undefined ? [] : [found.region]);
  if (account === undefined || first === undefined) {
    throw wrong("The place is missing.", "Name --account and --region, or an AwsKmsGroup of the stack with --group.");
  }
  if (!/^\d{12}$/.test(account)) throw wrong(`--account ${account} is none: 12 digits.`);
  const partitions = new Set([first, ...others].map((region) => partitionOf(region)?.id));
  if (partitions.has(undefined)) throw wrong("--region names no AWS Region.", 'Write codes, such as "eu-central-1".');
  if (partitions.size > 1) throw wrong("The Regions are of several partitions, and no account is.");
  return { account, regions: [first, ...others] };
}

const wrong = (message: string, hint?: string): ByokError =>
  new ByokError("BYOK_INPUT_INVALID", message, hint === undefined ? {} : { hint });
