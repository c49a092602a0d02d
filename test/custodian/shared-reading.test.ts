import { sharedReading } from "../../provider/custodian/shared-reading";

describe("a shared reading", () => {
  it("shows every reader what stood there when they asked", async () => {
    let state = 0;
    let readings = 0;
    const read = sharedReading(async () => {
      readings += 1;
      const seen = state;
      await new Promise((resolve) => setImmediate(resolve));
      return seen;
    });
    const first = read();
    state = 1;
    const [second, third] = [read(), read()];
    expect(await first).toBe(0);
    expect([await second, await third]).toEqual([1, 1]);
    state = 2;
    expect(await read()).toBe(2);
    expect(readings).toBe(3);
  });

  it("never begins before the one that runs has ended, and serves all who wait with one more", async () => {
    const events: string[] = [];
    const read = sharedReading(async () => {
      events.push("begin");
      await new Promise((resolve) => setImmediate(resolve));
      events.push("end");
    });
    await Promise.all([1, 2, 3, 4, 5].map(() => read()));
    expect(events).toEqual(["begin", "end", "begin", "end"]);
  });

  it("fails those who shared it, and nobody after them", async () => {
    let broken = true;
    const read = sharedReading(() => (broken ? Promise.reject(new Error("broken")) : Promise.resolve("read")));
    const results = await Promise.allSettled([read(), read(), read()]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    broken = false;
    expect(await read()).toBe("read");
  });
});
