import { UsageGate } from "../../provider/hsm/usage-gate";

/** A promise that is resolved from outside. */
function latch(): { readonly promise: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the gate of a module", () => {
  it("lets operations run side by side", async () => {
    const gate = new UsageGate();
    const [a, b] = [latch(), latch()];
    const first = gate.shared(() => a.promise);
    const second = gate.shared(() => b.promise);
    b.open();
    await second;
    a.open();
    await first;
  });

  it("lets an act run alone: after those inside, before those that come later", async () => {
    const gate = new UsageGate();
    const events: string[] = [];
    const inside = latch();
    const first = gate.shared(async () => {
      await inside.promise;
      events.push("first");
    });
    const act = gate.alone(async () => {
      events.push("act begins");
      await turn();
      events.push("act ends");
    });
    const late = gate.shared(() => Promise.resolve(void events.push("late")));
    await turn();
    expect(events).toEqual([]);
    inside.open();
    await Promise.all([first, act, late]);
    expect(events).toEqual(["first", "act begins", "act ends", "late"]);
  });

  it("never lets two acts run at once, and opens again after one that failed", async () => {
    const gate = new UsageGate();
    let alone = 0;
    const act = async (): Promise<void> => {
      alone += 1;
      expect(alone).toBe(1);
      await turn();
      alone -= 1;
      throw new Error("failed");
    };
    const results = await Promise.allSettled([gate.alone(act), gate.alone(act), gate.alone(act)]);
    expect(results.every(({ status }) => status === "rejected")).toBe(true);
    expect(await gate.shared(() => Promise.resolve("open"))).toBe("open");
  });
});
