import path from "node:path";
import type { LocalAccount, LocalAws, LocalAwsOptions } from "./options";
import { startLocalAws } from "./start-local-aws";
import { writeFileAtomically } from "./store/atomic-file";

/** How to run the local AWS as a process of its own. */
export interface ServeOptions extends LocalAwsOptions {
  /** Folder for keys, certificates, credentials and `endpoint.json`. */
  readonly dataDir: string;
  /** One JSON line instead of text for people. */
  readonly json?: boolean | undefined;
  /** Where the announcement goes; default standard output. */
  readonly write?: ((text: string) => void) | undefined;
  /** Ends the server as SIGINT and SIGTERM do. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs the local AWS until SIGINT or SIGTERM. In the data folder it leaves what a client needs: `endpoint.json`,
 * `ca.pem` and `aws.csv`, the last in the form in which the AWS console hands out an access key (further accounts:
 * `aws-ACCOUNT.csv`). Ports stay the same from start to start while nobody else takes them.
 */
export async function serveLocal(options: ServeOptions): Promise<void> {
  const { dataDir, json = false, write = (text: string) => process.stdout.write(text), signal, ...rest } = options;
  const ended = untilEnded(signal);
  const aws = await startLocalAws({ prepareWrappingKeys: true, ...rest, dataDir });
  try {
    const files = writeClientFiles(aws, dataDir);
    write(json ? `${JSON.stringify(announcement(aws, files))}\n` : forPeople(aws, files));
    await ended;
  } finally {
    await aws.close();
  }
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
