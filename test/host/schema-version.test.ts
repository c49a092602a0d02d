import { migrate, migrations, SCHEMA_VERSION, type Schema } from "../../provider/host/schema-version";
import { ByokError } from "../../provider/model/errors";

const schema: Schema = {
  version: 3,
  migrations: {
    1: (kind, record) => ({ ...record, kind, trail: ["1→2"] }),
    2: (_kind, { old, ...record }) => ({ ...record, renamed: old, trail: [record["trail"], "2→3"] }),
  },
};

describe("a record from state", () => {
  it("goes through every migration from its version to the present one, in order", () => {
    expect(migrate("SourceKey", { schemaVersion: 1, old: "x" }, schema)).toEqual({
      kind: "SourceKey",
      renamed: "x",
      trail: [["1→2"], "2→3"],
    });
  });

  it("skips the migrations that it has behind it", () => {
    expect(migrate("SourceKey", { schemaVersion: 2, old: "x" }, schema)).toEqual({
      renamed: "x",
      trail: [undefined, "2→3"],
    });
  });

  it("of the present version only loses the version", () => {
    expect(migrate("SourceKey", { schemaVersion: 3, old: "x" }, schema)).toEqual({ old: "x" });
  });

  it("without a version is what a program wrote, and stays as it is", () => {
    expect(migrate("SourceKey", { old: "x" }, schema)).toEqual({ old: "x" });
  });

  it("of a newer version is refused with what to do", () => {
    const refusal = (): unknown => migrate("SourceKey", { schemaVersion: 4 }, schema);
    expect(refusal).toThrow(ByokError);
    expect(refusal).toThrow("A newer pulumi-byok wrote this resource (schema 4; the installed one knows 3).");
  });

  it.each([0, -1, 1.5, "1", null])("of version %p is refused", (schemaVersion) => {
    expect(() => migrate("SourceKey", { schemaVersion }, schema)).toThrow(ByokError);
  });
});

describe("the schema of this package", () => {
  it("has a way from every earlier version", () => {
    for (let version = 1; version < SCHEMA_VERSION; version += 1) expect(migrations).toHaveProperty(String(version));
  });
});
