import { ByokError } from "../../provider/model/errors";
import type { TokenPort } from "../../provider/model/ports/token";
import { openToken } from "../../provider/hsm/open-token";
import { makeRawActs, type RawActs } from "./raw-acts";
import { withBuffers, type TokenProcessReply, type TokenProcessRequest } from "./token-process";

let port: TokenPort | undefined;
let raw: RawActs | undefined;

async function act(request: TokenProcessRequest): Promise<unknown> {
  if (request.kind === "open") {
    port = await openToken(request.connection, request.pin);
    raw = await makeRawActs(request.connection);
    return undefined;
  }
  const target: object | undefined = request.kind === "port" ? port : raw;
  if (target === undefined) throw new Error("No token is open.");
  const method: unknown = Reflect.get(target, request.method);
  if (typeof method !== "function") throw new Error(`There is no method ${request.method}.`);
  const result: unknown = await Reflect.apply(method, target, request.args.map(withBuffers));
  return result;
}

process.on("message", (request: TokenProcessRequest) => {
  const reply = (content: Omit<TokenProcessReply, "id">): void => {
    if (process.connected) process.send?.({ id: request.id, ...content });
  };
  act(request).then(
    (result) => reply({ result }),
    (thrown: unknown) =>
      reply(thrown instanceof ByokError ? { byokError: thrown.toRecord() } : { error: String(thrown) }),
  );
});

process.on("disconnect", () => {
  const closing = port?.shutdown() ?? Promise.resolve();
  closing.then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
