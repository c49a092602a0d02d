import * as fc from "fast-check";
import { ENGINE_UNKNOWN, fromWire, toWire } from "../../provider/host/wire-values";
import { UNKNOWN } from "../../provider/model/unknown";

class Certificate {
  readonly serial = 1;
}

describe("a record on its way to the engine", () => {
  it("comes back as it was, whatever JSON it holds", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ noUnicodeString: false })), (record) => {
        const { record: sent, problems } = toWire(record, "refused");
        expect(problems).toEqual([]);
        expect(JSON.stringify(fromWire(sent))).toBe(JSON.stringify(record));
      }),
    );
  });

  it.each([
    ["a Buffer", { a: { b: Buffer.from("x") } }, "a.b is a Buffer"],
    ["a Date", { a: [new Date(0)] }, "a[0] is a Date"],
    ["an instance of a class", { a: new Certificate() }, "a is a Certificate"],
    ["a Map", { a: new Map() }, "a is a Map"],
    ["a bigint", { a: 1n }, "a is a bigint"],
    ["a function", { a: () => 0 }, "a is a function"],
    ["a symbol", { a: Symbol("x") }, "a is a symbol"],
    ["NaN", { a: Number.NaN }, "a is not a finite number"],
    ["an unknown output", { a: UNKNOWN }, "a is unknown"],
  ])("is told by path of %s, which stays behind", (_what, record, problem) => {
    const result = toWire({ ...record, kept: 1 }, "refused");
    expect(result.problems).toEqual([problem]);
    expect(result.record["kept"]).toBe(1);
  });

  it("is told of a loop instead of following it for ever", () => {
    const loop: Record<string, unknown> = { name: "loop" };
    loop["self"] = [loop];
    expect(toWire({ loop }, "refused").problems).toEqual(["loop.self[0] is part of itself"]);
  });

  it("may hold the same object twice", () => {
    const shared = { a: 1 };
    expect(toWire({ one: shared, two: shared }, "refused")).toEqual({
      record: { one: { a: 1 }, two: { a: 1 } },
      problems: [],
    });
  });

  it("may hold unknown values where inputs are checked", () => {
    expect(toWire({ list: [UNKNOWN, 1] }, "allowed")).toEqual({ record: { list: [ENGINE_UNKNOWN, 1] }, problems: [] });
  });
});
