import type { ServerOptions } from "node:https";
import { AwsError } from "./aws-error";
import { LocalClock } from "./clock";
import { CloudAdmin } from "./cloud-admin";
import { caFileIn, loadAuthority } from "./http/authority-files";
import { errorAnswer } from "./http/answers";
import { AwsApi } from "./http/aws-api";
import { type PemPair, makeClientCertificate, makeServerCertificate } from "./http/certificates";
import { ControlApi, awsActions, controlPrefix } from "./http/control-api";
import { type Fault, Faults, faultSchema } from "./http/faults";
import { type Handler, type Listener, listen } from "./http/listener";
import { QuotaKeeper, awsQuotas } from "./http/quotas";
import { BodyTooLarge } from "./http/request";
import { RequestLog, type RequestLogEntry } from "./http/request-log";
import { identitiesOf } from "./identities";
import type { Cloud } from "./kms/call";
import { ImportTokens } from "./kms/import-token";
import { WrappingKeys } from "./kms/wrapping-keys";
import { type LocalAws, type LocalAwsOptions, LocalCloudError } from "./options";
import { CloudFile } from "./store/cloud-file";
import { RecordFolder } from "./store/folder";
import { awsRecords } from "./store/records";
import { lockFolder } from "./store/folder-lock";
import { Store } from "./store/store";

const defaultRegions = ["eu-central-1", "eu-west-1", "us-east-1"];

/**
 * Starts a local AWS on 127.0.0.1 that unmodified AWS SDKs and the AWS CLI talk to: KMS, STS GetCallerIdentity and the
 * tagging API's GetResources.
 *
 * @example
 * const aws = await startLocalAws({ accounts: [{ id: "111122223333", accessKeyId: "AKIALOCAL", secretAccessKey: "secret" }] });
 * const kms = new KMSClient({ region: "eu-central-1", endpoint: aws.endpoint, credentials: aws.accounts[0] });
 *
 * @throws LocalCloudError when the folder is in use, or an option cannot be met
 */
export async function startLocalAws(options: LocalAwsOptions = {}): Promise<LocalAws> {
  const unlock = options.dataDir === undefined ? () => undefined : lockFolder(options.dataDir);
  try {
    return await start(options, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function start(options: LocalAwsOptions, unlock: () => void): Promise<LocalAws> {
  const { dataDir } = options;
  const regions = options.regions ?? defaultRegions;
  const file = new CloudFile(dataDir);
  const accounts = options.accounts ?? [file.content.defaultAccount];
  const clock = new LocalClock(options.clock ?? Date.now, file.content.clockAheadBy);
  const cloud = makeCloud(options, regions, file, clock);
  const faults = new Faults<Fault>((fault) => faultSchema.parse(fault));
  const log = new RequestLog<RequestLogEntry>();
  const quotas = options.quotas ?? "off";
  const limits = quotas === "off" ? {} : quotas === "aws" ? awsQuotas : quotas;
  const admin = new CloudAdmin({
    cloud,
    faults,
    log,
    exposeMaterial: options.exposeMaterial ?? false,
    saveClock: (clockAheadBy) => {
      file.update({ clockAheadBy });
    },
  });
  const keeper = new QuotaKeeper(limits, () => performance.now());
  const api = new AwsApi({ cloud, identities: identitiesOf(accounts), faults, log, quotas: keeper, realNow: Date.now });
  const control = new ControlApi(awsActions(admin), file.content.controlToken);
  const handler: Handler = {
    handle: (request) => (request.path.startsWith(controlPrefix) ? control.handle(request) : api.handle(request)),
    failure: (error) =>
      errorAnswer(
        error instanceof BodyTooLarge
          ? new AwsError("RequestEntityTooLargeException", error.message, 413)
          : new AwsError("InternalFailure", "", 500),
        undefined,
      ),
  };
  const authority = (options.https ?? true) ? await loadAuthority(dataDir, Date.now()) : undefined;
  const { http, https } = await openListeners(options, file, handler, authority);
  const httpEndpoint = http === undefined ? undefined : `http://127.0.0.1:${String(http.port)}`;
  const httpsEndpoint = https === undefined ? undefined : `https://127.0.0.1:${String(https.port)}`;
  const endpoint = httpEndpoint ?? httpsEndpoint;
  if (endpoint === undefined)
    throw new LocalCloudError("Neither HTTP nor HTTPS is on.", "Leave http or https at true.");
  return {
    endpoint,
    clock: () => clock.now(),
    httpsEndpoint,
    caPem: authority?.certificate,
    caFile: authority === undefined || dataDir === undefined ? undefined : caFileIn(dataDir),
    accounts,
    regions,
    admin,
    controlToken: file.content.controlToken,
    issueClientCertificate: (name) => issueClientCertificate(authority, name),
    close: async () => {
      await Promise.all([http?.close(), https?.close()]);
      cloud.wrappingKeys.close();
      unlock();
    },
  };
}

function makeCloud(options: LocalAwsOptions, regions: readonly string[], file: CloudFile, clock: LocalClock): Cloud {
  const eventualConsistencyMs = options.eventualConsistencyMs ?? 0;
  const folder = options.dataDir === undefined ? undefined : new RecordFolder(options.dataDir, awsRecords);
  const wrappingKeys = new WrappingKeys(options.dataDir, options.freshWrappingKeys ?? false);
  if (options.prepareWrappingKeys ?? false) wrappingKeys.prepare("RSA_4096");
  return {
    store: new Store(() => clock.now(), folder, eventualConsistencyMs),
    clock,
    wrappingKeys,
    importTokens: new ImportTokens(Buffer.from(file.content.sealingKey, "base64")),
    settings: {
      regions,
      strictDer: options.strictDer ?? false,
      enforcePolicies: options.enforcePolicies ?? true,
      eventualConsistencyMs,
      transitionMs: options.transitionMs ?? 0,
    },
  };
}

async function openListeners(
  options: LocalAwsOptions,
  file: CloudFile,
  handler: Handler,
  authority: PemPair | undefined,
): Promise<{ http: Listener | undefined; https: Listener | undefined }> {
  const before = file.content.ports;
  const tls = authority === undefined ? undefined : await tlsOptions(options, authority);
  const http =
    (options.http ?? true) ? await listen({ port: options.port ?? 0, preferredPort: before.http, handler }) : undefined;
  try {
    const https =
      tls === undefined
        ? undefined
        : await listen({ port: options.httpsPort ?? 0, preferredPort: before.https, handler, tls });
    file.update({ ports: { http: http?.port ?? before.http, https: https?.port ?? before.https } });
    return { http, https };
  } catch (error) {
    await http?.close();
    throw error;
  }
}

async function tlsOptions(options: LocalAwsOptions, authority: PemPair): Promise<ServerOptions> {
  const server = await makeServerCertificate(authority, Date.now());
  const base: ServerOptions = {
    key: server.key,
    cert: server.certificate + authority.certificate,
    minVersion: "TLSv1.2",
  };
  const clients = options.clientCertificates ?? false;
  if (clients === false) return base;
  return {
    ...base,
    requestCert: true,
    rejectUnauthorized: true,
    ca: clients === true ? authority.certificate : clients.caPem,
  };
}

async function issueClientCertificate(authority: PemPair | undefined, name: string): Promise<PemPair> {
  if (authority === undefined) throw new LocalCloudError("There is no CA without HTTPS.", "Start with https: true.");
  return makeClientCertificate(authority, Date.now(), name);
}
