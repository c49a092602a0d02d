import { serveLocal } from "../local/serve";
import { ByokError } from "../model/errors";

/** Options of `byok local`, as the command line hands them over. */
export interface LocalCommandOptions {
  readonly data: string;
  readonly port?: string;
  readonly httpsPort?: string;
  readonly http: boolean;
  readonly https: boolean;
  readonly region?: readonly string[];
  readonly quotas?: boolean;
  readonly strictDer?: boolean;
  readonly exposeMaterial?: boolean;
  readonly azure?: boolean;
  readonly json?: boolean;
}

/** `byok local`: the local AWS KMS, on request with a local Azure, on loopback, until it is interrupted. */
export async function localCommand(options: LocalCommandOptions): Promise<void> {
  await serveLocal({
    dataDir: options.data,
    port: portOf("--port", options.port),
    httpsPort: portOf("--https-port", options.httpsPort),
    http: options.http,
    https: options.https,
    regions: options.region,
    quotas: options.quotas === true ? "aws" : "off",
    strictDer: options.strictDer,
    exposeMaterial: options.exposeMaterial,
    ...(options.azure === true ? { azure: true } : {}),
    json: options.json,
  });
}

function portOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new ByokError("BYOK_INPUT_INVALID", `${option} ${text} is no port.`, {
    hint: "Give a number from 0 (any free port) to 65535.",
  });
}
