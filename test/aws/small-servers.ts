import { createServer as createHttp, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";
import type { Pem } from "./certificates";

/** A server on this machine that a test closes again. */
export interface SmallServer {
  readonly port: number;
  readonly url: string;
  /** What was asked of it: `METHOD target`, or the AWS operation. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Answers AWS calls from a table of bodies by operation; everything else is refused. */
export const awsServer = (answers: Readonly<Record<string, string>>, pem?: Pem): Promise<SmallServer> =>
  serve(
    (asked) => (request, response) => {
      void bodyOf(request).then((body) => {
        const target = request.headers["x-amz-target"];
        const operation =
          typeof target === "string"
            ? target.slice(target.indexOf(".") + 1)
            : (/Action=(\w+)/.exec(body)?.[1] ?? "none");
        asked.push(operation);
        const answer = answers[operation];
        response.writeHead(answer === undefined ? 400 : 200, {
          "content-type": answer?.startsWith("<") === true ? "text/xml" : "application/x-amz-json-1.1",
        });
        response.end(answer ?? '{"__type":"ValidationException"}');
      });
    },
    pem,
  );

/** Takes whatever comes; nothing may ever reach it. */
export const decoyServer = (): Promise<SmallServer> =>
  serve((asked) => (request, response) => {
    asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
    response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
    response.end("{}");
  });

/** A proxy that leads every tunnel to one port of this machine, or refuses it with a status. */
export async function proxyServer(leadTo: number | { readonly status: number }): Promise<SmallServer> {
  const tunnels = new Set<Socket>();
  const proxy = await serve((asked, server) => {
    server.on("connect", (request: IncomingMessage, client: Socket) => {
      asked.push(request.url ?? "");
      if (typeof leadTo !== "number") {
        client.end(`HTTP/1.1 ${String(leadTo.status)} No\r\ncontent-length: 0\r\n\r\n`);
        return;
      }
      const onward = connect(leadTo, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        onward.pipe(client).pipe(onward);
      });
      for (const socket of [client, onward]) {
        tunnels.add(socket);
        socket.on("error", () => socket.destroy());
      }
    });
    return (_request, response) => response.writeHead(400).end();
  });
  return {
    ...proxy,
    close: async () => {
      for (const socket of tunnels) socket.destroy();
      await proxy.close();
    },
  };
}

async function serve(listener: (asked: string[], server: Server) => RequestListener, pem?: Pem): Promise<SmallServer> {
  const asked: string[] = [];
  const server = pem === undefined ? createHttp() : createHttps(pem);
  server.on("request", listener(asked, server));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${pem === undefined ? "http" : "https"}://127.0.0.1:${String(port)}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}
