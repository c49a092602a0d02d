import { randomUUID } from "node:crypto";
import { AwsError } from "../aws-error";
import { escapeXml, xmlAnswer } from "../http/answers";
import type { HttpAnswer } from "../http/outcome";
import type { Caller } from "../policy/identity";

/** STS: GetCallerIdentity is all that telling the account needs, and the only action here. No policy can forbid it. */
export function answerSts(operation: string, caller: Caller): HttpAnswer {
  if (operation !== "GetCallerIdentity") {
    throw new AwsError("InvalidAction", `Could not find operation ${operation} for version 2011-06-15`, 400);
  }
  const id = randomUUID();
  const result =
    `<Arn>${escapeXml(caller.arn)}</Arn><UserId>${escapeXml(caller.userId)}</UserId>` +
    `<Account>${escapeXml(caller.accountId)}</Account>`;
  return xmlAnswer(
    `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${result}</GetCallerIdentityResult>` +
      `<ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
    id,
  );
}
