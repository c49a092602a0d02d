import * as fc from "fast-check";
import { nextOfSchedule, planSchedule, type ScheduledInputs } from "../../provider/lifecycle/plan-schedule";

const startAt = "2027-01-01T00:00:00.000Z";
const quarterly = { rotation: { every: "90d", startAt } };

/** A program that is run at moments, and what each run records. */
class Runs {
  record: ScheduledInputs = {};
  rotations = 0;

  constructor(private readonly program: ScheduledInputs) {}

  at(moment: string, program: ScheduledInputs = this.program): ReturnType<typeof planSchedule> {
    const planned = planSchedule(program, this.record, new Date(moment));
    if (planned.isOverdue) this.rotations += 1;
    this.record = { ...program, ...(planned.isOverdue ? planned.served : planned.kept) };
    return planned;
  }
}

describe("a schedule that one run saw with a clock far ahead", () => {
  it("goes on with its next moment, says so in each preview until then, and does no moment twice", () => {
    const runs = new Runs(quarterly);
    runs.at("2026-12-01T00:00:00Z");
    runs.at("2126-12-01T00:00:00Z");
    expect(runs.rotations).toBe(1);
    const [preview, again] = [1, 2].map(() => planSchedule(quarterly, runs.record, new Date("2026-12-02T00:00:00Z")));
    expect(preview?.ahead).toContain(`The next rotation is due on ${startAt}.`);
    expect(again).toEqual(preview);
    const clamped = runs.at("2026-12-02T00:00:00Z");
    expect(clamped).toMatchObject({ isOverdue: false, kept: { period: 0 } });
    expect(runs.at("2026-12-03T00:00:00Z")).not.toHaveProperty("ahead");
    expect(runs.rotations).toBe(1);
    runs.at("2027-01-01T00:00:00Z");
    runs.at("2027-01-02T00:00:00Z");
    runs.at("2027-03-31T00:00:00Z");
    expect(runs.rotations).toBe(2);
    runs.at("2027-04-01T00:00:00Z");
    expect(runs.rotations).toBe(3);
  });

  it("does not do again what a clock a little ahead did before its time", () => {
    const runs = new Runs(quarterly);
    runs.at("2026-12-01T00:00:00Z");
    runs.at("2027-01-01T00:00:30Z");
    for (const moment of ["2026-12-31T23:50:00Z", "2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z"])
      expect(runs.at(moment)).not.toHaveProperty("ahead");
    expect(runs.rotations).toBe(1);
    expect(nextOfSchedule(runs.record)).toBe("2027-04-01T00:00:00.000Z");
  });

  it("keeps what is done with before its time also where something else rotates the key meanwhile", () => {
    const runs = new Runs(quarterly);
    runs.at("2026-12-01T00:00:00Z");
    runs.at("2027-01-01T00:00:30Z");
    expect(planSchedule(quarterly, runs.record, new Date("2026-12-31T23:59:00Z")).served).toEqual({
      startAt,
      period: 1,
    });
  });

  it("begins anew where no start is named and the derived one lies years ahead", () => {
    const program = { rotation: { every: "90d" } };
    const runs = new Runs(program);
    runs.at("2126-12-01T00:00:00Z");
    expect(runs.at("2026-12-01T00:00:00Z").ahead).toContain("The next rotation is due on 2027-03-01T00:00:00.000Z.");
    expect(nextOfSchedule(runs.record)).toBe("2027-03-01T00:00:00.000Z");
    expect(runs.rotations).toBe(0);
  });

  it("never waits longer than one period and a day, whatever any earlier clock showed", () => {
    const moment = fc.date({ min: new Date("2026-01-01"), max: new Date("2060-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 4 }), moment, fc.boolean(), (clocks, now, isNamed) => {
        const program = isNamed ? quarterly : { rotation: { every: "90d" } };
        const runs = new Runs(program);
        for (const clock of clocks) runs.at(clock.toISOString());
        runs.at(now.toISOString());
        const start = Math.max(isNamed ? Date.parse(startAt) : 0, now.getTime());
        expect(Date.parse(String(nextOfSchedule(runs.record))) - start).toBeLessThanOrEqual(91 * 86_400_000);
        const { isOverdue } = runs.at(now.toISOString());
        expect(isOverdue).toBe(false);
      }),
    );
  });
});

describe("a changed schedule", () => {
  it("tells of the moment of the former one that it leaves behind, and only where there is one", () => {
    const changed = { rotation: { every: "12mo", startAt: "2028-01-01T00:00:00Z" } };
    const runs = new Runs(quarterly);
    runs.at("2026-12-01T00:00:00Z");
    expect(planSchedule(changed, runs.record, new Date("2026-12-31T00:00:00Z"))).not.toHaveProperty("dropped");
    const { isOverdue, dropped } = planSchedule(changed, runs.record, new Date("2027-01-02T00:00:00Z"));
    expect(isOverdue).toBe(false);
    expect(dropped).toBe(
      `was due for rotation since ${startAt} by its former schedule (every 90d from ${startAt}), and the changed one does not make up for it: ` +
        "the next rotation is due on 2028-01-01T00:00:00.000Z. To rotate now as well, give rotationTrigger another value.",
    );
  });
});
