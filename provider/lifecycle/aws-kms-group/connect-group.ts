import type { AwsConnection } from "../../model/aws-connection";
import { ByokError } from "../../model/errors";
import { roleConnections, type CredentialRole, type RoleConnection } from "../../model/permissions/credential-roles";
import type { CallerIdentity } from "../../model/ports/kms";
import { connectionOf } from "../connection-of";
import type { LifecycleContext } from "../contract";
import type { AwsKmsGroupInputs } from "../inputs/aws-kms-group-inputs";

/** One set of credentials of a group, and who it belongs to. */
export interface GroupCaller {
  /** Absent: the group's own credentials. */
  readonly role?: CredentialRole;
  readonly connection: AwsConnection;
  readonly identity: CallerIdentity;
}

/**
 * Asks AWS who each of the group's credentials belongs to; the group's own come first. All have to belong to one account, the one that the group names
 * where it names one.
 *
 * @throws ByokError BYOK_AWS_WRONG_ACCOUNT, which no offline group excuses; BYOK_AWS_* where there is no connection
 */
export async function connectGroup(
  context: LifecycleContext,
  inputs: AwsKmsGroupInputs,
): Promise<readonly [GroupCaller, ...GroupCaller[]]> {
  const { own, others } = roleConnections(connectionOf({ ...inputs, account: undefined }));
  const identity = await context.kms(own).callerIdentity();
  if (inputs.account !== undefined && inputs.account !== identity.account) {
    throw new ByokError(
      "BYOK_AWS_WRONG_ACCOUNT",
      `is ${inputs.account}, and the credentials belong to account ${identity.account} (${identity.arn}).`,
      { hint: `Use credentials of account ${inputs.account}, or correct the account.`, property: "account" },
    );
  }
  const callers: [GroupCaller, ...GroupCaller[]] = [{ connection: own, identity }];
  for (const other of others) callers.push({ ...other, identity: await ofSameAccount(context, other, identity) });
  return callers;
}

async function ofSameAccount(
  context: LifecycleContext,
  { role, connection }: RoleConnection,
  own: CallerIdentity,
): Promise<CallerIdentity> {
  const property = `roleCredentials.${role}`;
  const identity = await context
    .kms(connection)
    .callerIdentity()
    .catch((error: unknown) => {
      throw ByokError.from(error, `Connecting with ${property}`).with({ property });
    });
  if (identity.account === own.account) return identity;
  throw new ByokError(
    "BYOK_AWS_WRONG_ACCOUNT",
    `belong to account ${identity.account} (${identity.arn}), and the group's own to ${own.account}.`,
    { hint: "All credentials of a group are of one account.", property },
  );
}
