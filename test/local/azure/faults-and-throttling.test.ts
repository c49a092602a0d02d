import { KeyClient } from "@azure/keyvault-keys";
import type { LocalAzure } from "../../../provider/local";
import { defaultClient, endAzure, keyClient, secretCredential, startAzure, vaultOf } from "./azure-fixture";
import { ask } from "./raw-request";

let azure: LocalAzure;

beforeEach(async () => {
  azure = await startAzure();
});

afterEach(endAzure);

const read = (name: string): ReturnType<typeof ask> => ask(azure, vaultOf(azure, "premium"), "GET", `/keys/${name}`);
const make = (name: string): ReturnType<typeof ask> =>
  ask(azure, vaultOf(azure, "premium"), "POST", `/keys/${name}/create`, { kty: "EC" });

describe("a fault", () => {
  it("is an error with a status, a code and the time to wait, for the operation, vault and key that it names", async () => {
    await azure.admin.injectFault({
      operation: "CreateKey",
      vault: "local-premium",
      key: "hit",
      effect: { kind: "error", code: "Throttled", status: 429, retryAfter: 7 },
    });
    expect((await make("missed")).status).toBe(200);
    const hit = await make("hit");
    expect([hit.status, hit.headers["retry-after"], hit.body.error?.code]).toEqual([429, "7", "Throttled"]);
    expect((await make("hit")).status).toBe(200);
  });

  it("drops the connection before the operation, or after it has happened", async () => {
    await azure.admin.injectFault({ operation: "CreateKey", effect: { kind: "drop", when: "before" } });
    await expect(make("before")).rejects.toThrow();
    expect((await read("before")).status).toBe(404);
    await azure.admin.injectFault({ operation: "CreateKey", effect: { kind: "drop", when: "after" } });
    await expect(make("after")).rejects.toThrow();
    expect((await read("after")).status).toBe(200);
  });

  it("hits tokens and Resource Manager too", async () => {
    await azure.admin.injectFault({ operation: "Token", effect: { kind: "status", status: 503 } });
    await expect(secretCredential(azure).getToken("https://vault.azure.net/.default")).rejects.toThrow();
    await azure.admin.injectFault({ operation: "GetKeys", effect: { kind: "slow", milliseconds: 50 } });
    const before = Date.now();
    await ask(azure, vaultOf(azure, "premium"), "GET", "/keys");
    expect(Date.now() - before).toBeGreaterThanOrEqual(50);
  });

  it("that delays challenges shows how a cold client loses bodies of parallel writes; after one read it does not", async () => {
    const vault = vaultOf(azure, "premium");
    const options = {
      disableChallengeResourceVerification: true,
      tlsOptions: { ca: azure.caPem },
      retryOptions: { maxRetries: 0 },
    };
    const writes = (client: KeyClient, prefix: string): Promise<PromiseSettledResult<unknown>[]> =>
      Promise.allSettled(
        Array.from({ length: 30 }, (_, index) => client.createKey(`${prefix}-${String(index)}`, "EC")),
      );
    const cold = new KeyClient(vault.url, secretCredential(azure), options);
    await azure.admin.injectFault({ operation: "Challenge", effect: { kind: "slow", milliseconds: 300 } });
    const lost = (await writes(cold, "cold")).filter(({ status }) => status === "rejected");
    expect(lost.length).toBeGreaterThan(0);
    const warm = new KeyClient(vault.url, secretCredential(azure), options);
    await warm.getKey("cold-29");
    expect((await writes(warm, "warm")).filter(({ status }) => status === "rejected")).toEqual([]);
  });
});

describe("the log", () => {
  it("tells operations, vaults, keys and clients, and counts them", async () => {
    await azure.admin.clearLog();
    await make("logged");
    await read("absent");
    const { clientId } = defaultClient(azure);
    const entries = (await azure.admin.requestLog()).filter(({ service }) => service === "keyvault");
    expect(entries).toMatchObject([
      { operation: "CreateKey", vault: "local-premium", key: "logged", client: clientId, status: 200, error: null },
      {
        operation: "GetKey",
        vault: "local-premium",
        key: "absent",
        client: clientId,
        status: 404,
        error: "KeyNotFound",
      },
    ]);
    expect(await azure.admin.counters()).toMatchObject({ CreateKey: 1, GetKey: 1 });
  });
});

describe("throttling", () => {
  it("answers 429 with Retry-After beyond the published limit, for each vault", async () => {
    const limited = await startAzure({ throttling: "azure" });
    const statuses: number[] = [];
    for (let count = 0; count < 12; count++)
      statuses.push((await ask(limited, vaultOf(limited, "premium"), "POST", "/keys/x/create", { kty: "EC" })).status);
    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(statuses).toContain(429);
    const client = keyClient(limited, vaultOf(limited, "standard"));
    expect((await client.createKey("x", "EC")).name).toBe("x");
  });
});
