import { request } from "node:https";
import type { LocalAzure, LocalVault } from "../../../provider/local";
import { secretCredential } from "./azure-fixture";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: {
    readonly error?: {
      readonly code: string;
      readonly message: string;
      readonly innererror?: { readonly code: string };
    };
    readonly value?: unknown;
    readonly [member: string]: unknown;
  };
}

interface RawRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** One HTTPS request without a client in between. */
export function send(azure: LocalAzure, { method, url, headers = {}, body }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, ca: azure.caPem, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const parsed: RawAnswer["body"] = text === "" ? {} : Object(JSON.parse(text));
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

export const audiences = { standard: "vault", premium: "vault", "managed-hsm": "managedhsm" } as const;

export async function tokenFor(azure: LocalAzure, vault: LocalVault): Promise<string> {
  const token = await secretCredential(azure).getToken(`https://${audiences[vault.tier]}.azure.net/.default`);
  return token?.token ?? "";
}

/** A request to a vault with a good token; `path` without the api-version, which is the newest. */
export async function ask(
  azure: LocalAzure,
  vault: LocalVault,
  method: string,
  path: string,
  body?: unknown,
): Promise<RawAnswer> {
  const token = await tokenFor(azure, vault);
  const version = `${path.includes("?") ? "&" : "?"}api-version=2025-07-01`;
  return send(azure, {
    method,
    url: `${vault.url}${path}${version}`,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}
