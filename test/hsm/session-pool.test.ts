import { SessionPool } from "../../provider/hsm/session-pool";
import { FakeCryptoki, failure, fakeToken } from "./fake-cryptoki";

const identity = { label: "fake", serial: "1", manufacturer: "", model: "", firmware: "" };
const slot = Buffer.alloc(8);

function pool(maxSessions = 100): { readonly cryptoki: FakeCryptoki; readonly pool: SessionPool } {
  const cryptoki = new FakeCryptoki(fakeToken({ maxSessions }));
  cryptoki.C_Initialize({ flags: 2 });
  return { cryptoki, pool: new SessionPool(cryptoki, slot, identity) };
}

const opened = (cryptoki: FakeCryptoki): number => cryptoki.calls.filter((name) => name === "C_OpenSession").length;

describe("the session pool", () => {
  it("gives a session to one caller at a time, and opens no more than eight", async () => {
    const { cryptoki, pool: sessions } = pool();
    const busy = new Set<string>();
    await Promise.all(
      Array.from({ length: 50 }, () =>
        sessions.use(async ({ handle }) => {
          const name = handle.toString("hex");
          expect(busy.has(name)).toBe(false);
          busy.add(name);
          await new Promise((resolve) => setImmediate(resolve));
          busy.delete(name);
        }),
      ),
    );
    expect(opened(cryptoki)).toBe(8);
  });

  it("uses one session again and again where one suffices", async () => {
    const { cryptoki, pool: sessions } = pool();
    for (let round = 0; round < 5; round += 1) await sessions.use(() => Promise.resolve());
    expect(opened(cryptoki)).toBe(1);
  });

  it("closes a session in which something failed, because an operation may be active in it", async () => {
    const { cryptoki, pool: sessions } = pool();
    await expect(sessions.use(() => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    expect(cryptoki.calls).toContain("C_CloseSession");
    await sessions.use(() => Promise.resolve());
    expect(opened(cryptoki)).toBe(2);
  });

  it("goes on with as many sessions as the token allows", async () => {
    const { pool: sessions } = pool(3);
    const work = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    await Promise.all(Array.from({ length: 20 }, () => sessions.use(work)));
  });

  it("fails every caller, and leaves none waiting, when no session can be opened", async () => {
    const { cryptoki, pool: sessions } = pool();
    const first = sessions.use(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      cryptoki.token.present = false;
      throw failure("DEVICE_REMOVED");
    });
    const others = Array.from({ length: 30 }, () => sessions.use(() => Promise.reject(failure("DEVICE_REMOVED"))));
    const results = await Promise.allSettled([first, ...others]);
    expect(results.map(({ status }) => status)).toEqual(results.map(() => "rejected"));
  });
});
