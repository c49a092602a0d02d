import * as fc from "fast-check";
import { everyFault, oneAfter, rotationsDue, rotationTime } from "../../provider/model/rotation-schedule";

const quarterly = { every: "90d", startAt: "2027-01-04T03:00:00.000Z" };

describe("a rotation schedule", () => {
  it("has its first rotation at startAt, and not a second before", () => {
    expect(rotationsDue(quarterly, new Date("2027-01-04T02:59:59Z"))).toBe(0);
    expect(rotationsDue(quarterly, new Date("2027-01-04T03:00:00Z"))).toBe(1);
  });

  it("counts every period that passed, so that missed ones can be told from none", () => {
    expect(rotationsDue(quarterly, new Date("2027-04-04T02:59:59Z"))).toBe(1);
    expect(rotationsDue(quarterly, new Date("2027-04-04T03:00:00Z"))).toBe(2);
    expect(rotationsDue(quarterly, new Date("2027-12-31T00:00:00Z"))).toBe(5);
  });

  it("goes by calendar months from the day of the start, in short months by their last day", () => {
    const monthly = { every: "1mo", startAt: "2027-01-31T12:00:00.000Z" };
    const days = [0, 1, 2, 3, 13].map((index) => rotationTime(monthly, index).toISOString().slice(0, 10));
    expect(days).toEqual(["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2028-02-29"]);
  });

  it("starts one period after a moment where no start is named", () => {
    expect(oneAfter("12mo", new Date("2026-11-23T10:00:00Z")).toISOString()).toBe("2027-11-23T10:00:00.000Z");
  });

  it("has exactly the rotations that lie before a moment", () => {
    const every = fc.oneof(
      fc.integer({ min: 1, max: 400 }).map((days) => `${days}d`),
      fc.integer({ min: 1, max: 24 }).map((months) => `${months}mo`),
    );
    const moment = fc.date({ min: new Date("2020-01-01"), max: new Date("2040-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(every, moment, moment, (period, start, now) => {
        const schedule = { every: period, startAt: start.toISOString() };
        const due = rotationsDue(schedule, now);
        expect(rotationTime(schedule, due).getTime()).toBeGreaterThan(now.getTime());
        if (due > 0) expect(rotationTime(schedule, due - 1).getTime()).toBeLessThanOrEqual(now.getTime());
      }),
    );
  });
});

describe("what is no schedule", () => {
  it.each(["90", "0d", "d", "90 d", "1y", "-3d", "3651d", "121mo", "1.5mo"])("%s is refused as a period", (every) => {
    expect(everyFault(every)).toContain(every);
  });

  it.each(["1d", "3650d", "1mo", "120mo"])("%s is a period", (every) => {
    expect(everyFault(every)).toBeUndefined();
  });
});
