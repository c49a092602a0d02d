import type { AwsConnection } from "../model/aws-connection";
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
  connection: AwsConnection,
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
  connection: AwsConnection | TokenConnection,
  env: (name: string) => string | undefined,
): readonly string[] {
  const named = referencesOf(connection).flatMap((reference) => (reference.kind === "env" ? [reference.name] : []));
  return [...named, ...chainVariables].map(env).filter((value) => value !== undefined);
}

/** Variables with a secret that AWS's default credential chain reads. */
const chainVariables = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"];

function referencesOf(connection: AwsConnection | TokenConnection): readonly Reference[] {
  return textsOf(connection).flatMap((text) => {
    try {
      return [parseReference(text)];
    } catch {
      // A literal is refused by whoever resolves it.
      return [];
    }
  });
}

function textsOf(connection: AwsConnection | TokenConnection): readonly string[] {
  if ("pin" in connection) return [connection.pin];
  return credentialSources(connection)
    .flatMap((source) => ("profile" in source ? [] : Object.values(source)))
    .filter((text) => text !== undefined);
}
