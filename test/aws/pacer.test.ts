import { Pacer } from "../../provider/aws/pacer";
import { quotaOf } from "../../provider/aws/quotas";
import { FakeTime } from "./fake-time";

/** When each of so many simultaneous callers gets its turn, in milliseconds. */
async function turns(count: number, perSecond: number, time = new FakeTime()): Promise<number[]> {
  const pacer = new Pacer(time);
  const starts: number[] = [];
  const caller = async (): Promise<void> => {
    await pacer.turn("lane", perSecond);
    starts.push(time.now());
  };
  await time.run(Promise.all(Array.from({ length: count }, caller)));
  return starts;
}

/** The most turns that lie within any one interval of this length. */
const mostWithin = (starts: readonly number[], interval: number): number =>
  Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + interval).length));

describe("the pacer", () => {
  it("lets the first call go at once and spaces the others evenly", async () => {
    const starts = await turns(4, 0.25);
    expect(starts).toEqual([0, 4050, 8100, 12150]);
  });

  it("finishes 40 imports within 1.02 times what AWS's quota dictates, never two in four seconds", async () => {
    const starts = await turns(40, quotaOf("GetParametersForImport", undefined));
    expect(Math.max(...starts)).toBeLessThanOrEqual(1.02 * 39 * 4000);
    expect(mostWithin(starts, 4000)).toBe(1);
  });

  it.each([0.25, 1, 5, 15, 30, 100, 500, 2000])("stays under %d calls in any second", async (quota) => {
    const starts = await turns(Math.min(2500, Math.ceil(quota * 3) + 3), quota);
    expect(mostWithin(starts, 1000)).toBeLessThanOrEqual(Math.max(1, quota));
  });

  it("does not slow down what has a large quota", async () => {
    const starts = await turns(300, quotaOf("DescribeKey", undefined));
    expect(Math.max(...starts)).toBeLessThan(200);
  });

  it("serves in the order in which it was asked", async () => {
    const time = new FakeTime();
    const pacer = new Pacer(time);
    const order: number[] = [];
    const caller = async (number: number): Promise<void> => {
      await pacer.turn("lane", 5);
      order.push(number);
    };
    await time.run(Promise.all([1, 2, 3, 4, 5, 6].map(caller)));
    expect(order).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("does not catch up in a burst after the process stood still", async () => {
    const time = new FakeTime();
    const pacer = new Pacer(time);
    await time.run(pacer.turn("lane", 1));
    const starts: number[] = [];
    const caller = async (): Promise<void> => {
      await pacer.turn("lane", 1);
      starts.push(time.now());
    };
    const callers = Promise.all([caller(), caller(), caller()]);
    time.pass(60_000);
    await time.run(callers);
    expect(mostWithin(starts, 1000)).toBe(1);
  });

  it("gives an idle lane no credit for the time it was not used", async () => {
    const time = new FakeTime();
    const pacer = new Pacer(time);
    await time.run(pacer.turn("lane", 5));
    time.pass(3_600_000);
    const before = time.now();
    await time.run(Promise.all([pacer.turn("lane", 5), pacer.turn("lane", 5), pacer.turn("lane", 5)]));
    expect(time.now() - before).toBeGreaterThanOrEqual(400);
  });

  it("keeps lanes apart", async () => {
    const time = new FakeTime();
    const pacer = new Pacer(time);
    await time.run(Promise.all([pacer.turn("one", 0.25), pacer.turn("other", 0.25)]));
    expect(time.now()).toBe(0);
  });

  it("uses up no turn for a caller that gives up, and does not hold up the next", async () => {
    const time = new FakeTime();
    const pacer = new Pacer(time);
    const stop = new AbortController();
    const starts: number[] = [];
    const caller = (signal?: AbortSignal): Promise<void> =>
      pacer.turn("lane", 0.25, signal === undefined ? {} : { signal }).then(() => void starts.push(time.now()));
    await time.run(caller());
    const given = [caller(stop.signal), caller(stop.signal)].map((turn) => expect(turn).rejects.toThrow("enough"));
    const last = caller();
    stop.abort(new Error("enough"));
    await Promise.all(given).catch(() => undefined);
    await time.run(last);
    expect(starts).toEqual([0, 4050]);
  });

  it.each([
    ["one that takes as long as always", [20, 20], 4050],
    ["one that takes a little longer", [20, 60], 4050],
    ["one that may have arrived late", [20, 320], 4300],
    ["one that was answered only after the next was due", [20, 5000], 8980],
  ])("keeps the distance from where a request may have arrived: %s", async (_name, [usual = 0, took = 0], next) => {
    const time = new FakeTime();
    const pacer = new Pacer(time);
    const call = async (lasting: number): Promise<number> => {
      const answered = await pacer.turn("lane", 0.25);
      const began = time.now();
      time.pass(lasting);
      answered();
      return began;
    };
    await time.run(call(usual));
    const late = await time.run(call(took));
    expect((await time.run(call(usual))) - late).toBe(next);
  });

  it("never lets two requests arrive within four seconds, however long each was on its way", async () => {
    const time = new FakeTime();
    const pacer = new Pacer(time);
    const arrivals: number[] = [];
    // The first is the quickest: later ones may be as quick, so it is what they are measured by.
    const ways = [5, 700, 5, 1500, 40, 5, 300, 5];
    for (const way of ways) {
      const answered = await time.run(pacer.turn("lane", 0.25));
      arrivals.push(time.now() + way);
      time.pass(way + 15);
      answered();
    }
    expect(mostWithin(arrivals, 4000)).toBe(1);
  });

  it("holds up no caller for an answer that came after the next call had begun", async () => {
    const time = new FakeTime();
    const pacer = new Pacer(time);
    const quick = await time.run(pacer.turn("lane", 5));
    quick();
    const slow = await time.run(pacer.turn("lane", 5));
    const before = time.now();
    await time.run(pacer.turn("lane", 5));
    time.pass(150);
    slow();
    await time.run(pacer.turn("lane", 5));
    expect(time.now() - before).toBe(2 * 206);
  });

  it("lets a lane rest when the service asks for it", async () => {
    const time = new FakeTime();
    const pacer = new Pacer(time);
    await time.run(pacer.turn("lane", 5));
    pacer.holdBack("lane", 3000);
    await time.run(pacer.turn("lane", 5));
    expect(time.now()).toBe(3000);
  });

  it.each([0, -1, Number.NaN])("refuses a quota of %d", async (quota) => {
    await expect(new Pacer().turn("lane", quota)).rejects.toThrow("greater than 0");
  });
});
