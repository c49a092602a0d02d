import { createHash, webcrypto } from "node:crypto";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect, type Server } from "node:net";
import * as x509 from "@peculiar/x509";

/** A request as it came over the wire, and what it was answered. */
export interface SeenExchange {
  readonly host: string;
  readonly operation: string;
  readonly request: string;
  readonly response: string;
}

/** A TLS server in front of a local cloud, under names of its own; it keeps everything that passes. */
export interface TlsFront {
  /** `https://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** `http://127.0.0.1:PORT`: a proxy whose every CONNECT, to whatever name, ends at this server. */
  readonly proxy: string;
  readonly certificate: string;
  /** SHA-256 of the certificate (DER), in hex. */
  readonly digest: string;
  readonly exchanges: readonly SeenExchange[];
  close(): Promise<void>;
}

/** Starts one; `target` is the HTTP endpoint behind it. With `loopback: false` its certificate does not name 127.0.0.1. */
export async function startTlsFront(
  target: string,
  names: readonly string[] = [],
  { loopback = true }: { readonly loopback?: boolean } = {},
): Promise<TlsFront> {
  const { certificate, key, digest } = await selfSigned(names, loopback);
  const exchanges: SeenExchange[] = [];
  const secure = createSecureServer({ key, cert: certificate }, (message, response) => {
    void forward(target, message, response, exchanges);
  });
  const port = await listen(secure);
  const proxy = createServer();
  proxy.on("connect", (_message, client) => {
    const tunnel = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      tunnel.pipe(client).pipe(tunnel);
    });
    for (const end of [tunnel, client]) end.on("error", () => [tunnel, client].forEach((each) => each.destroy()));
  });
  const proxyPort = await listen(proxy);
  return {
    endpoint: `https://127.0.0.1:${String(port)}`,
    proxy: `http://127.0.0.1:${String(proxyPort)}`,
    certificate,
    digest,
    exchanges,
    close: async () => {
      secure.closeAllConnections();
      proxy.closeAllConnections();
      await Promise.all([secure, proxy].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function forward(
  target: string,
  message: IncomingMessage,
  response: ServerResponse,
  exchanges: SeenExchange[],
): Promise<void> {
  const sent = await bodyOf(message);
  const { hostname, port } = new URL(target);
  // The Host header stays as it came: it is part of what was signed.
  const onward = request({ hostname, port, method: message.method, path: message.url, headers: message.headers });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    onward.on("response", resolve).on("error", reject).end(sent);
  });
  const got = await bodyOf(answer);
  exchanges.push({
    host: message.headers.host ?? "",
    operation: String(message.headers["x-amz-target"] ?? "").replace(/^.*\./, ""),
    request: sent.toString("utf8"),
    response: got.toString("utf8"),
  });
  response.writeHead(answer.statusCode ?? 500, answer.headers).end(got);
}

function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  return new Promise((resolve, reject) => {
    message.on("data", (part: Buffer) => parts.push(part));
    message.on("end", () => resolve(Buffer.concat(parts)));
    message.on("error", reject);
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("the server does not listen"));
      else resolve(address.port);
    });
  });
}

async function selfSigned(
  names: readonly string[],
  loopback: boolean,
): Promise<{ readonly certificate: string; readonly key: string; readonly digest: string }> {
  const curve = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
  const keys = await webcrypto.subtle.generateKey(curve, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=TLS front of a test",
      notBefore: new Date(Date.now() - 86_400_000),
      notAfter: new Date(Date.now() + 86_400_000),
      keys,
      signingAlgorithm: curve,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.SubjectAlternativeNameExtension([
          ...(loopback ? [{ type: "ip" as const, value: "127.0.0.1" }] : []),
          ...names.map((value) => ({ type: "dns" as const, value })),
        ]),
      ],
    },
    webcrypto,
  );
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificate: `${certificate.toString("pem")}\n`,
    key: `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`,
    digest: createHash("sha256").update(Buffer.from(certificate.rawData)).digest("hex"),
  };
}
