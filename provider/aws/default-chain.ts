import { ByokError } from "../model/errors";
import { roleAssumers } from "./assume-role";
import type { AwsChain } from "./credential-source";
import { metadataServiceIsRedirected, usesInstanceMetadata } from "./endpoint-overrides";
import { loadCredentialProviders } from "./load-sdk";
import { sdkSettings, silentLogger, type RequestHandler } from "./sdk-settings";

/** Where the clients inside AWS's credential providers connect to. */
export interface ChainTargets {
  readonly region: string;
  readonly stsEndpoint: string;
  readonly sts: RequestHandler;
  readonly signIn: RequestHandler;
}

/**
 * AWS's default credential chain and its profiles, in the SDK's own order: environment, shared files (with roles, single sign-on,
 * processes, sign-in), web identity, container, instance. It is put together here because the ready-made one lets environment
 * and profiles choose the hosts that its inner clients talk to.
 *
 * @param env the process environment; the SDK's providers read that one whatever is given here
 */
export function defaultChain(targets: ChainTargets, env: NodeJS.ProcessEnv = process.env): AwsChain {
  const { region, stsEndpoint: endpoint, sts, signIn } = targets;
  // Never a region: single sign-on takes its own from the profile.
  const clientConfig = { ...sdkSettings, requestHandler: signIn };
  const assumers = roleAssumers({ ...sdkSettings, region, endpoint, requestHandler: sts });
  return async (profile) => {
    const providers = loadCredentialProviders();
    // Ignoring the SDK's cache of the files is what makes a renewed profile count at once.
    const init = { clientConfig, logger: silentLogger, ignoreCache: true, ...assumers };
    if (profile !== undefined) {
      if (usesInstanceMetadata(profile, env)) refuseRedirectedMetadata(env);
      return providers.fromIni({ ...init, profile })();
    }
    const current = env["AWS_PROFILE"];
    if (current !== undefined && usesInstanceMetadata(current, env)) refuseRedirectedMetadata(env);
    const remote = async (): ReturnType<ReturnType<typeof providers.fromInstanceMetadata>> => {
      if (env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] || env["AWS_CONTAINER_CREDENTIALS_FULL_URI"]) {
        return providers.fromHttp(init)();
      }
      if (env["AWS_EC2_METADATA_DISABLED"] && env["AWS_EC2_METADATA_DISABLED"] !== "false") throw noCredentials();
      refuseRedirectedMetadata(env);
      return providers.fromInstanceMetadata(init)();
    };
    return providers.createCredentialChain(
      ...(current === undefined ? [providers.fromEnv(init)] : []),
      providers.fromIni(init),
      providers.fromProcess(init),
      providers.fromTokenFile(init),
      remote,
    )();
  };
}

function refuseRedirectedMetadata(env: NodeJS.ProcessEnv): void {
  if (!metadataServiceIsRedirected(env)) return;
  throw new ByokError("BYOK_AWS_CREDENTIALS", "Credentials of another instance metadata service are not taken.", {
    hint: "Unset AWS_EC2_METADATA_SERVICE_ENDPOINT (in a profile: ec2_metadata_service_endpoint), or name the group's credentials.",
    property: "credentials",
  });
}

const noCredentials = (): ByokError =>
  new ByokError("BYOK_AWS_CREDENTIALS", "AWS's default chain found no credentials.", {
    hint: "Set AWS_PROFILE or sign in, or name the group's credentials.",
    property: "credentials",
  });
