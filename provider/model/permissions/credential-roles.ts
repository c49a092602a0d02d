import type { AwsConnection, AwsCredentialSource, RoleCredentials } from "../aws-connection";
import type { IamAction } from "./iam-actions";

/** Names of the credentials that a group may have besides its own. */
export type CredentialRole = keyof RoleCredentials;

/** What is done with other credentials, where a group names them; all else is done with the group's own. */
const actsOf: Readonly<Record<CredentialRole, readonly IamAction[]>> = {
  import: ["kms:GetParametersForImport", "kms:ImportKeyMaterial"],
  destroy: ["kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:DeleteImportedKeyMaterial", "kms:DeleteAlias"],
  policy: ["kms:PutKeyPolicy"],
};

const roles: readonly CredentialRole[] = ["import", "destroy", "policy"];

/** One of the connections into which a group with role credentials falls apart. */
export interface RoleConnection {
  readonly role: CredentialRole;
  readonly connection: AwsConnection;
}

/** The same place with the group's own credentials, and with each of the others that it names. */
export function roleConnections(connection: AwsConnection): {
  readonly own: AwsConnection;
  readonly others: readonly RoleConnection[];
} {
  const { roleCredentials, ...own } = connection;
  const others = roles.flatMap((role) => {
    const credentials = roleCredentials?.[role];
    return credentials === undefined ? [] : [{ role, connection: { ...own, credentials } }];
  });
  return { own, others };
}

/** The connection that brings material. */
export function importConnection<Connection extends AwsConnection>(
  connection: Connection,
): Omit<Connection, "roleCredentials"> {
  const { roleCredentials, ...own } = connection;
  return roleCredentials?.import === undefined ? own : { ...own, credentials: roleCredentials.import };
}

/** Everything that a connection's credentials name. */
export const credentialSources = ({ credentials, roleCredentials }: AwsConnection): readonly AwsCredentialSource[] =>
  [credentials, ...roles.map((role) => roleCredentials?.[role])].filter((source) => source !== undefined);

/** Those of the actions that are done with the credentials of a role, or with the group's own. */
export const actionsDoneAs = (
  role: CredentialRole | undefined,
  actions: readonly IamAction[],
  { roleCredentials }: AwsConnection,
): readonly IamAction[] =>
  actions.filter((action) => {
    const doer = roles.find((each) => actsOf[each].includes(action) && roleCredentials?.[each] !== undefined);
    return doer === role;
  });
