import type { AwsConnection } from "../model/aws-connection";
import type { AwsKmsGroupInputs } from "./inputs/aws-kms-group-inputs";

type GroupConnection = Pick<
  AwsKmsGroupInputs,
  "region" | "account" | "endpoint" | "credentials" | "roleCredentials" | "tls" | "quotas"
>;

/** The connection that a group's inputs describe; one endpoint URL stands for all services. */
export function connectionOf(group: GroupConnection): AwsConnection {
  const { region, account, endpoint, credentials, roleCredentials, tls, quotas } = group;
  const endpoints =
    typeof endpoint === "string" ? { kms: endpoint, sts: endpoint, tagging: endpoint, iam: endpoint } : endpoint;
  return {
    region,
    account,
    endpoint: endpoints,
    credentials,
    ...(roleCredentials === undefined ? {} : { roleCredentials }),
    tls,
    quotas,
  };
}
