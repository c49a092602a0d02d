import type { IncomingMessage } from "node:http";

/** A request before its body. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** By lower-case name; several headers of one name are joined by a comma, as SigV4 wants them. */
  readonly headers: ReadonlyMap<string, string>;
  readonly sourceIp: string;
  readonly secure: boolean;
}

/** A request whose body has been read. */
export interface ReceivedRequest extends RequestHead {
  readonly body: Buffer;
}

/** The body is larger than any request of these clouds. */
export class BodyTooLarge extends Error {}

const maximumBody = 1024 * 1024;

export function headOf(message: IncomingMessage, secure: boolean): RequestHead {
  const target = message.url ?? "/";
  const mark = target.indexOf("?");
  return {
    method: message.method ?? "GET",
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? "" : target.slice(mark + 1),
    headers: joinHeaders(message.rawHeaders),
    sourceIp: message.socket.remoteAddress ?? "127.0.0.1",
    secure,
  };
}

export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    length += bytes.length;
    if (length > maximumBody) throw new BodyTooLarge("The request is too large.");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function joinHeaders(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? "").toLowerCase();
    const value = raw[index + 1] ?? "";
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
}
