import type { AwsConnection } from "../model/aws-connection";
import type { AwsKmsGroupInputs } from "./inputs/aws-kms-group-inputs";

type GroupConnection = Pick<AwsKmsGroupInputs, "region" | "account" | "endpoint" | "credentials" | "tls" | "quotas">;

/** The connection that a group's inputs describe; one endpoint URL stands for all services. */
export function connectionOf(group: GroupConnection): AwsConnection {
  const { region, account, endpoint, credentials, tls, quotas } = group;
  const endpoints = typeof endpoint === "string" ? { kms: endpoint, sts: endpoint, tagging: endpoint } : endpoint;
  return { region, account, endpoint: endpoints, credentials, tls, quotas };
}
