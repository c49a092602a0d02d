import path from "node:path";
import { azureForPeople, describeAzure, writeAzureClientFiles } from "./azure/client-files";
import type { LocalAzure, LocalAzureOptions } from "./azure/options";
import { startLocalAzure } from "./azure/start-local-azure";
import type { LocalAccount, LocalAws, LocalAwsOptions } from "./options";
import { startLocalAws } from "./start-local-aws";
import { writeFileAtomically } from "./store/atomic-file";

/** How to run the local AWS as a process of its own. */
export interface ServeOptions extends LocalAwsOptions {
  /** Folder for keys, certificates, credentials and `endpoint.json`. */
  readonly dataDir: string;
  /** Serve a local Azure too, from the same folder and process. Its clock is the local AWS's. Default: none. */
  readonly azure?: true | Omit<LocalAzureOptions, "dataDir" | "clock"> | undefined;
  /** One JSON line instead of text for people. */
  readonly json?: boolean | undefined;
  /** Where the announcement goes; default standard output. */
  readonly write?: ((text: string) => void) | undefined;
  /** Ends the server as SIGINT and SIGTERM do. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs the local AWS, on request with a local Azure, until SIGINT or SIGTERM. In the data folder it leaves what a client
 * needs: `endpoint.json`, `ca.pem` and `aws.csv`, the last in the form in which the AWS console hands out an access key
 * (further accounts: `aws-ACCOUNT.csv`), and of Azure `azure.json` and `azure-client-secret`. Ports stay the same from
 * start to start while nobody else takes them.
 */
export async function serveLocal(options: ServeOptions): Promise<void> {
  const {
    dataDir,
    json = false,
    write = (text: string) => process.stdout.write(text),
    signal,
    azure: asked,
    ...rest
  } = options;
  const ended = untilEnded(signal);
  const aws = await startLocalAws({ prepareWrappingKeys: true, ...rest, dataDir });
  let azure: LocalAzure | undefined;
  try {
    const files = writeClientFiles(aws, dataDir);
    if (asked !== undefined) {
      const own = asked === true ? {} : asked;
      const { strictDer, exposeMaterial } = rest;
      azure = await startLocalAzure({ strictDer, exposeMaterial, ...own, dataDir, clock: aws.clock });
    }
    write(announce(aws, files, azure, { dataDir, json }));
    await ended;
  } finally {
    await azure?.close();
    await aws.close();
  }
}

function announce(
  aws: LocalAws,
  files: ClientFiles,
  azure: LocalAzure | undefined,
  { dataDir, json }: { readonly dataDir: string; readonly json: boolean },
): string {
  const told = announcement(aws, files);
  if (azure === undefined) return json ? `${JSON.stringify(told)}\n` : forPeople(aws, files);
  const azureFiles = writeAzureClientFiles(azure, dataDir);
  return json
    ? `${JSON.stringify({ ...told, azure: { ...describeAzure(azure), ...azureFiles } })}\n`
    : forPeople(aws, files) + azureForPeople(azure, azureFiles);
}

interface ClientFiles {
  readonly endpointFile: string;
  readonly credentialFiles: readonly string[];
}

function writeClientFiles(aws: LocalAws, dataDir: string): ClientFiles {
  const credentialFiles = aws.accounts.map((account, index) => {
    const file = path.join(dataDir, index === 0 ? "aws.csv" : `aws-${account.id}-${account.accessKeyId}.csv`);
    writeFileAtomically(file, credentialCsv(account), 0o600);
    return file;
  });
  const endpointFile = path.join(dataDir, "endpoint.json");
  const content = { ...announcement(aws, { endpointFile, credentialFiles }), controlToken: aws.controlToken };
  // The control token lets its reader move the clock: for the owner's eyes only.
  writeFileAtomically(endpointFile, `${JSON.stringify(content, null, 2)}\n`, 0o600);
  return { endpointFile, credentialFiles };
}

function credentialCsv(account: LocalAccount): string {
  return `Access key ID,Secret access key\r\n${account.accessKeyId},${account.secretAccessKey}\r\n`;
}

function announcement(aws: LocalAws, files: ClientFiles): Record<string, unknown> {
  return {
    endpoint: aws.endpoint,
    httpsEndpoint: aws.httpsEndpoint,
    caFile: aws.caFile,
    regions: aws.regions,
    accounts: aws.accounts.map(({ id, accessKeyId }) => ({ id, accessKeyId })),
    endpointFile: files.endpointFile,
    credentialFiles: files.credentialFiles,
    pid: process.pid,
  };
}

function forPeople(aws: LocalAws, files: ClientFiles): string {
  const accounts = [...new Set(aws.accounts.map(({ id }) => id))];
  const lines = [
    "Local AWS KMS is ready. Stop it with Ctrl+C; its keys stay.",
    `  endpoint     ${aws.httpsEndpoint ?? aws.endpoint}`,
    ...(aws.httpsEndpoint !== undefined && aws.endpoint !== aws.httpsEndpoint
      ? [`  plain HTTP   ${aws.endpoint}`]
      : []),
    ...(aws.caFile === undefined ? [] : [`  CA           ${aws.caFile}`]),
    `  account      ${accounts.join(", ")}`,
    `  Regions      ${aws.regions.join(", ")}`,
    `  credentials  ${files.credentialFiles.join(", ")}`,
    `  control      ${files.endpointFile}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Listens from the beginning, so that a signal during the start is not lost. */
function untilEnded(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      process.off("SIGINT", end);
      process.off("SIGTERM", end);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    process.on("SIGINT", end);
    process.on("SIGTERM", end);
    signal?.addEventListener("abort", end);
    if (signal?.aborted === true) end();
  });
}
