import type { AwsCredentialSource } from "../model/aws-connection";
import type { AzureCredentialSource } from "../model/azure-connection";
import { ByokError } from "../model/errors";
import { parseReference } from "../model/references";
import type { TokenConnection } from "../model/token";

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const plain = ["PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR"];

const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

/**
 * Where AWS's default chain finds credentials. What redirects a call (AWS_ENDPOINT_URL*, AWS_CA_BUNDLE, AWS_EC2_METADATA_SERVICE_ENDPOINT*,
 * AWS_USE_*_ENDPOINT) is missing on purpose: the endpoint comes from the connection alone.
 */
const awsCredentials = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE",
  "AWS_CONFIG_FILE",
  "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_ROLE_ARN",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_ROLE_SESSION_NAME",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  // Turns the instance metadata service off; it cannot send a call elsewhere.
  "AWS_EC2_METADATA_DISABLED",
];

/**
 * Where the default chain of `@azure/identity` finds credentials. What redirects a sign-in (AZURE_AUTHORITY_HOST, MSI_ENDPOINT) is missing on purpose.
 */
const azureCredentials = [
  ...["AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH"],
  ...["AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_CONFIG_DIR", "AZURE_TOKEN_CREDENTIALS"],
];

/** App Service, Functions and Arc hand out tokens of a managed identity at an address of this machine or of the link-local network. */
const managedIdentity = ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"];

/** Go with AWS_CONTAINER_CREDENTIALS_FULL_URI, and only with it. */
const containerAgent = [
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

/**
 * Hosts of the agents that AWS documents for the container credential provider: ECS, EKS Pod Identity, and agents on this machine (CloudShell,
 * Greengrass). Any other host in AWS_CONTAINER_CREDENTIALS_FULL_URI is an override of the metadata endpoint and does not pass.
 */
const containerAgentHosts = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "127.0.0.1", "localhost", "[::1]"];

/** Names that a token's own `environment` must not set: they change the process itself, its loader, or where a cloud call goes. */
const notForModules = /^(NODE_|LD_|DYLD_|AWS_|AZURE_|IDENTITY_|MSI_|SSL_CERT_|UV_)/i;

/** Names that never cross, whoever names them. */
const never = /^(NODE_|LD_|DYLD_)/i;

/**
 * The whole environment of the process that holds a token: an allow-list of the provider's own variables, the variable that
 * an `env:` PIN reference names, and the variables that the module itself reads.
 *
 * @throws ByokError BYOK_INPUT_INVALID when `token.environment` names a variable that no PKCS#11 module needs.
 */
export function childEnvironment(token: TokenConnection, own: Environment): Record<string, string> {
  const refused = Object.keys(token.environment ?? {}).find((name) => notForModules.test(name));
  if (refused !== undefined) {
    throw new ByokError("BYOK_INPUT_INVALID", `The token's environment must not set ${refused}.`, {
      property: `token.environment.${refused}`,
      hint: "It is for variables that the PKCS#11 module reads, such as SOFTHSM2_CONF.",
    });
  }
  const agent = isContainerAgent(own["AWS_CONTAINER_CREDENTIALS_FULL_URI"]) ? containerAgent : [];
  const identity = isIdentityEndpoint(own["IDENTITY_ENDPOINT"]) ? managedIdentity : [];
  const names = [...plain, ...proxies, ...awsCredentials, ...agent, ...azureCredentials, ...identity];
  return { ...pick(own, names), ...pick(own, namesIn([token.pin])), ...token.environment };
}

/** Values of the variables that a connection's `env:` references name; they cross with the request that needs them. */
export function credentialEnvironment(
  credentials: AwsCredentialSource | undefined,
  own: Environment,
): Record<string, string> {
  if (credentials === undefined || "profile" in credentials) return {};
  const references = Object.values(credentials).filter((reference): reference is string => reference !== undefined);
  return pick(own, namesIn(references));
}

/** The same for a connection to Azure. */
export const azureCredentialEnvironment = (
  credentials: AzureCredentialSource | undefined,
  own: Environment,
): Record<string, string> =>
  credentials !== undefined && "clientSecret" in credentials ? pick(own, namesIn([credentials.clientSecret])) : {};

/** Any other host would be an override of where the credentials come from. */
const isIdentityEndpoint = (uri: string | undefined): boolean =>
  uri !== undefined &&
  URL.canParse(uri) &&
  /^(localhost|127(\.\d+){3}|\[::1\]|169\.254(\.\d+){2})$/.test(new URL(uri).hostname);

function isContainerAgent(uri: string | undefined): boolean {
  return uri !== undefined && URL.canParse(uri) && containerAgentHosts.includes(new URL(uri).hostname);
}

const namesIn = (references: readonly string[]): string[] =>
  references.flatMap((text) => {
    if (!text.startsWith("env:")) return [];
    const reference = parseReference(text);
    return reference.kind === "env" && !never.test(reference.name) ? [reference.name] : [];
  });

function pick(own: Environment, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = own[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
