import type { AwsConnection } from "../model/aws-connection";
import { profileSection, sharedConfig, type ConfigSection } from "./shared-config";

/** Service names as environment variables and the configuration file spell them, for every service that is ever asked. */
const services = ["kms", "sts", "resource_groups_tagging_api", "iam", "sso", "sso_oidc", "signin"];

const on = (value: string | undefined): boolean => value?.toLowerCase() === "true";

/**
 * What the environment and the shared configuration say about endpoints, and what does not count here: only the connection
 * names endpoints, because whoever can redirect one receives the keys that are copied. The names are for a warning.
 */
export function ignoredEndpointOverrides(
  connection: Pick<AwsConnection, "credentials">,
  env: NodeJS.ProcessEnv = process.env,
): string[] {
  const sections = sharedConfig(env);
  const found = new Set<string>(environmentOverrides(env));
  for (const profile of profilesOf(connection, env)) {
    for (const name of profileOverrides(profile, sections)) found.add(name);
  }
  return [...found];
}

/**
 * True where the environment or a profile names another instance metadata service. The SDK cannot be told to ignore it, so
 * credentials of the instance are not asked for at all then.
 */
export function metadataServiceIsRedirected(env: NodeJS.ProcessEnv): boolean {
  if (env["AWS_EC2_METADATA_SERVICE_ENDPOINT"]) return true;
  const profile = profileSection(sharedConfig(env), env["AWS_PROFILE"] ?? "default");
  return (profile.get("ec2_metadata_service_endpoint") ?? "") !== "";
}

/** True where a profile, or one that it builds upon, takes the instance's credentials. */
export function usesInstanceMetadata(profile: string, env: NodeJS.ProcessEnv): boolean {
  const sections = sharedConfig(env);
  const seen = new Set<string>();
  for (let name: string | undefined = profile; name !== undefined && !seen.has(name);) {
    seen.add(name);
    const section: ConfigSection = profileSection(sections, name);
    if (section.get("credential_source") === "Ec2InstanceMetadata") return true;
    name = section.get("source_profile");
  }
  return false;
}

function environmentOverrides(env: NodeJS.ProcessEnv): string[] {
  const names = ["AWS_ENDPOINT_URL", ...services.map((service) => `AWS_ENDPOINT_URL_${service.toUpperCase()}`)];
  const urls = on(env["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]) ? [] : names.filter((name) => env[name]);
  const flags = ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"].filter((name) => on(env[name]));
  const metadata = ["AWS_EC2_METADATA_SERVICE_ENDPOINT"].filter((name) => env[name]);
  return [...urls, ...flags, ...metadata];
}

function profilesOf(connection: Pick<AwsConnection, "credentials">, env: NodeJS.ProcessEnv): string[] {
  const current = env["AWS_PROFILE"] ?? "default";
  const { credentials } = connection;
  return credentials !== undefined && "profile" in credentials ? [credentials.profile, current] : [current];
}

function profileOverrides(profile: string, sections: ReadonlyMap<string, ConfigSection>): string[] {
  const section = profileSection(sections, profile);
  const within = (key: string): string => `${key} of profile ${profile}`;
  const found: string[] = [];
  for (const flag of ["use_fips_endpoint", "use_dualstack_endpoint"]) {
    if (on(section.get(flag))) found.push(within(flag));
  }
  if (section.get("ec2_metadata_service_endpoint")) found.push(within("ec2_metadata_service_endpoint"));
  if (on(section.get("ignore_configured_endpoint_urls"))) return found;
  if (section.get("endpoint_url")) found.push(within("endpoint_url"));
  const servicesName = section.get("services");
  const own = servicesName === undefined ? undefined : sections.get(`services ${servicesName}`);
  for (const service of services) {
    if (own?.get(`${service}.endpoint_url`)) found.push(within(`services (${service} endpoint_url)`));
  }
  return found;
}
