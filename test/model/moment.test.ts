import * as fc from "fast-check";
import { momentFault, momentOf } from "../../provider/model/moment";

describe("a moment that a program writes", () => {
  it.each([
    ["2027-01-04T03:00:00Z", "2027-01-04T03:00:00.000Z"],
    ["2027-01-04T03:00Z", "2027-01-04T03:00:00.000Z"],
    ["2027-01-04T03:00:00.5+01:00", "2027-01-04T02:00:00.500Z"],
    ["2027-01-01T00:30:00+01:00", "2026-12-31T23:30:00.000Z"],
    ["2027-01-04", "2027-01-04T00:00:00.000Z"],
    ["2028-02-29", "2028-02-29T00:00:00.000Z"],
  ])("%s is %s on every machine", (text, moment) => {
    expect(momentOf(text)?.toISOString()).toBe(moment);
    expect(momentFault(text)).toBeUndefined();
  });

  it.each(["2026-08-30T03:00:00", "2026-08-30T03:00"])(
    "%s is refused, because each machine reads another moment in it",
    (text) => {
      expect(momentOf(text)).toBeUndefined();
      expect(momentFault(text)).toContain(`it has no time zone. Write for example "${text}Z"`);
    },
  );

  it.each([
    ...[
      "2027-02-30",
      "2027-02-29",
      "2027-13-01",
      "2027-00-01",
      "2027-04-31T00:00:00Z",
      "2027-01-00",
      "2027-02-30T00:00:00",
    ],
    ...["2027-01-04T24:00:00Z", "2027-01-04T03:60:00Z", "2027-01-04T03:00:00+25:00", "2027-01-04T03:00:00+0100"],
    ...["2027-01-04 (x)", "2027-01-04 03:00:00Z", " 2027-01-04", "2027-01-04Z", "2027-01", "next monday", ""],
  ])("%s is none", (text) => {
    expect(momentOf(text)).toBeUndefined();
    expect(momentFault(text)).toContain("is no ISO 8601 date-time");
  });

  it("is what toISOString writes, whatever the moment", () => {
    const moments = fc.date({ min: new Date("1970-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });
    fc.assert(fc.property(moments, (date) => expect(momentOf(date.toISOString())).toEqual(date)));
  });
});
