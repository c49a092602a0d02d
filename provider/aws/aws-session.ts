import { createHash } from "node:crypto";
import type { AwsConnection } from "../model/aws-connection";
import { publishedHost } from "../model/aws-partitions";
import type { AwsCalls, AwsApi } from "./aws-calls";
import { serviceOf } from "./aws-calls";
import type { Surroundings } from "../network/cloud-deps";
import { CredentialSource } from "./credential-source";
import { defaultChain } from "./default-chain";
import { endpointUrls, type EndpointUrls } from "./endpoints";
import { httpAgents, signInAgents } from "../network/http-agents";
import { SDK_QUIET } from "./load-sdk";
import type { FailedCall } from "./map-error";
import { sdkCalls } from "./sdk-calls";
import { requestHandler } from "./sdk-settings";
import { readTlsFiles, type TlsFiles } from "../network/tls-files";

/** One way to AWS: its clients, connections and credentials. */
export interface AwsSession {
  readonly calls: AwsCalls;
  /** Tells credentials that were renewed from those before. */
  readonly credentialGeneration: () => number;
  /** Looks the credentials up again; false where they are still those of generation `seen`. */
  readonly renewCredentials: (seen: number) => Promise<boolean>;
  /** What an error message says about where a call went. */
  readonly describe: (api: AwsApi) => FailedCall;
  /** True where there is a Tagging API beside this KMS. */
  readonly hasTagging: boolean;
  /** True where there is an IAM beside this KMS. */
  readonly hasIam: boolean;
  /** Host of the KMS endpoint. */
  readonly kmsHost: string;
}

/** Opens a session; `key` tells equal ones apart, so that they can be shared. */
export interface SessionPlan {
  readonly key: string;
  readonly open: () => AwsSession;
}

/**
 * Reads what a connection's files hold right now and plans its session. Two connections share one only while everything that
 * they depend on is the same, the environment and the content of their TLS files included.
 */
export async function planSession(connection: AwsConnection, surroundings: Surroundings): Promise<SessionPlan> {
  const endpoints = endpointUrls(connection);
  const files = await readTlsFiles(connection.tls, surroundings.caSha256);
  const { region, credentials, tls } = connection;
  const { configValues, env } = surroundings;
  const variables = Object.entries(env)
    .filter(([name]) => name !== SDK_QUIET)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const key = createHash("sha256")
    .update(JSON.stringify([region, endpoints, credentials, tls, files, configValues, variables]))
    .digest("hex");
  return { key, open: () => openSession(connection, endpoints, files, surroundings) };
}

function openSession(
  connection: AwsConnection,
  endpoints: EndpointUrls,
  files: TlsFiles,
  { env, configValues, onSecret }: Surroundings,
): AwsSession {
  const { region } = connection;
  const handlerFor = (url: string): ReturnType<typeof requestHandler> => requestHandler(httpAgents(url, files, env));
  const handlers = {
    kms: handlerFor(endpoints.kms),
    sts: handlerFor(endpoints.sts),
    tagging: handlerFor(endpoints.tagging ?? endpoints.kms),
    iam: handlerFor(endpoints.iam ?? endpoints.kms),
  };
  const chain = defaultChain({
    region,
    stsEndpoint: endpoints.sts,
    sts: handlers.sts,
    signIn: requestHandler(signInAgents(files, env)),
  });
  const source = new CredentialSource(connection, { configValues, env }, chain, onSecret);
  const hosts = {
    kms: new URL(endpoints.kms).host,
    sts: new URL(endpoints.sts).host,
    tagging: new URL(endpoints.tagging ?? endpoints.kms).host,
    iam: new URL(endpoints.iam ?? endpoints.kms).host,
  };
  return {
    calls: sdkCalls({ region, endpoints, handlers, credentials: () => source.identity() }),
    credentialGeneration: () => source.generation,
    renewCredentials: (seen) => source.renew(seen),
    describe: (api) => {
      const service = serviceOf(api);
      return { api, region, host: hosts[service], published: hosts[service] === publishedHost(service, region) };
    },
    hasTagging: endpoints.tagging !== undefined,
    hasIam: endpoints.iam !== undefined,
    kmsHost: hosts.kms,
  };
}
