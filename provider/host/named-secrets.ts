import type { AwsConnection } from "../model/aws-connection";
import type { AzureConnection } from "../model/azure-connection";
import { credentialSources } from "../model/permissions/credential-roles";
import { parseReference, type Reference } from "../model/references";
import type { TokenConnection } from "../model/token";

/** The stack's configuration, as the server hands it to `configure`. */
export interface StackConfig {
  get(key: string): string | undefined;
}

/**
 * Values of the `config:` references that the credentials of a connection name, by `NAMESPACE:KEY`. What is not configured is
 * left out; whoever resolves the reference then says so.
 */
export function configValues(
  connection: AwsConnection | AzureConnection,
  config: StackConfig | undefined,
): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const reference of referencesOf(connection)) {
    const value = reference.kind === "config" ? config?.get(reference.key) : undefined;
    if (reference.kind === "config" && value !== undefined) values[reference.key] = value;
  }
  return values;
}

/** What the environment of this process holds of the secrets that a connection may use. */
export function environmentSecrets(
  connection: AwsConnection | AzureConnection | TokenConnection,
  env: (name: string) => string | undefined,
): readonly string[] {
  const named = referencesOf(connection).flatMap((reference) => (reference.kind === "env" ? [reference.name] : []));
  return [...named, ...chainVariables].map(env).filter((value) => value !== undefined);
}

/** Variables with a secret that the default credential chains of the clouds read. */
const chainVariables = [
  ...["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"],
  ...["AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "IDENTITY_HEADER"],
];

function referencesOf(connection: AwsConnection | AzureConnection | TokenConnection): readonly Reference[] {
  return textsOf(connection).flatMap((text) => {
    try {
      return [parseReference(text)];
    } catch {
      // A literal is refused by whoever resolves it.
      return [];
    }
  });
}

function textsOf(connection: AwsConnection | AzureConnection | TokenConnection): readonly string[] {
  if ("pin" in connection) return [connection.pin];
  if ("vaultUrl" in connection) {
    const { credentials } = connection;
    return credentials !== undefined && "clientSecret" in credentials ? [credentials.clientSecret] : [];
  }
  return credentialSources(connection)
    .flatMap((source) => ("profile" in source ? [] : Object.values(source)))
    .filter((text) => text !== undefined);
}
