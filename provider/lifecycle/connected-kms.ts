import { ByokError } from "../model/errors";
import type { KmsPort } from "../model/ports/kms";
import { connectionOf } from "./connection-of";
import type { LifecycleContext } from "./contract";
import type { AwsKmsGroupInputs } from "./inputs/aws-kms-group-inputs";

/** A group as far as its connection goes. */
export type AccountGroup = Pick<
  AwsKmsGroupInputs,
  "region" | "endpoint" | "credentials" | "roleCredentials" | "tls" | "quotas"
> & {
  readonly account: string;
};

/**
 * AWS KMS of a group, once the credentials were seen to belong to its account.
 *
 * @throws ByokError BYOK_AWS_WRONG_ACCOUNT
 */
export async function connectedKms(context: LifecycleContext, group: AccountGroup): Promise<KmsPort> {
  const kms = context.kms(connectionOf(group));
  const caller = await kms.callerIdentity();
  if (caller.account === group.account) return kms;
  throw new ByokError(
    "BYOK_AWS_WRONG_ACCOUNT",
    `The credentials belong to account ${caller.account}, and this resource to ${group.account}.`,
    { hint: "Use credentials of the group's account." },
  );
}
