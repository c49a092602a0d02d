import { createHash } from "node:crypto";
import type { KnownIdentity } from "./http/aws-api";
import { type LocalAccount, LocalCloudError } from "./options";
import { parsePolicy } from "./policy/document";

/** The callers of the configured accounts, by access key id. */
export function identitiesOf(accounts: readonly LocalAccount[]): ReadonlyMap<string, KnownIdentity> {
  const identities = new Map<string, KnownIdentity>();
  for (const account of accounts) {
    const { id, accessKeyId, secretAccessKey, sessionToken, iamPolicy } = account;
    if (!/^\d{12}$/.test(id)) {
      throw new LocalCloudError(
        `The account id "${id}" is not twelve digits.`,
        "Give it as a string such as 111122223333.",
      );
    }
    if (identities.has(accessKeyId)) {
      throw new LocalCloudError(`Two accounts have the access key id "${accessKeyId}".`, "Give each its own.");
    }
    const arn = account.arn ?? `arn:aws:iam::${id}:user/local`;
    const caller = {
      accountId: id,
      arn,
      userId: arn.endsWith(":root") ? id : userIdOf(arn),
      accessKeyId,
      iamPolicy: iamPolicy === undefined ? undefined : parsePolicy(iamPolicy),
    };
    identities.set(accessKeyId, { accessKeyId, secretAccessKey, sessionToken, caller });
  }
  return identities;
}

/** `AIDA…` of a user, `AROA…:session` of an assumed role, always the same for one ARN. */
function userIdOf(arn: string): string {
  const digest = createHash("sha256").update(arn).digest("hex").slice(0, 16).toUpperCase();
  const session = /:assumed-role\/[^/]+\/(.+)$/.exec(arn)?.[1];
  return session === undefined ? `AIDA${digest}` : `AROA${digest}:${session}`;
}
