import { createServer, get, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent, get as httpsGet } from "node:https";
import type { AddressInfo } from "node:net";
import { limitConnecting } from "../../provider/azure/connect-limit";
import { azureFailure } from "../../provider/azure/failure-kind";

/** A name that nobody answers for, as packets to a private endpoint vanish. */
const vanishing = { lookup: () => undefined };

describe("a connection that does not come about", () => {
  it.each([
    ["over TLS", () => httpsGet("https://vault.test/", { agent: limitConnecting(new HttpsAgent(vanishing), 20) })],
    ["in clear", () => get("http://vault.test/", { agent: limitConnecting(new HttpAgent(vanishing), 20) })],
  ])("%s is given up, as one that was never sent", async (_how, ask) => {
    const error = await new Promise<unknown>((resolve) => ask().once("error", resolve));
    expect(azureFailure(error)).toMatchObject({ kind: "unsent" });
    // MSAL keeps the words of an error alone.
    expect(azureFailure(new Error(`network_error: ${String(error)}`))).toMatchObject({ kind: "unsent" });
  });

  it("is told from one over which an answer takes its time", async () => {
    const server = createServer((_request, answer) => void setTimeout(() => answer.end("late"), 100));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const agent = limitConnecting(new HttpAgent({ keepAlive: false }), 20);
    const status = await new Promise((resolve, reject) => {
      get(`http://127.0.0.1:${String(port)}/`, { agent }, (answer) => {
        answer.resume().once("end", () => resolve(answer.statusCode));
      }).once("error", reject);
    });
    expect(status).toBe(200);
    await new Promise((resolve) => server.close(resolve));
  });
});
