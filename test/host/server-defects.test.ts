import * as pulumi from "@pulumi/pulumi";
import { ENGINE_UNKNOWN } from "../../provider/host/wire-values";
import { startFakeEngine, type FakeEngine } from "./fixtures/fake-engine";
import { CallFailed, ProviderProcess } from "./fixtures/provider-process";

const PIN = "8471-my-pin";
const providerText: unknown = expect.stringContaining("host-under-test");
const OPERATIONS = ["check", "diff", "create", "read", "update", "delete"] as const;
type Operation = (typeof OPERATIONS)[number];

jest.setTimeout(120_000);

let engine: FakeEngine;
let provider: ProviderProcess;

beforeAll(async () => {
  engine = await startFakeEngine();
  provider = await ProviderProcess.start({ engine: engine.address, env: { FIXTURE_PIN: PIN } });
  await provider.configure({ "byok:aws": "from-the-config" });
});

afterAll(async () => {
  await provider.stop();
  engine.vanish();
});

async function failure(call: Promise<unknown>): Promise<CallFailed> {
  const outcome: unknown = await call.then(
    () => "succeeded",
    (error: unknown) => error,
  );
  if (outcome instanceof CallFailed) return outcome;
  throw new Error(`expected a failed call, got: ${String(outcome)}`);
}

/** Does one operation with an act; what it says when it fails. */
async function complaintOf(operation: Operation, act: string): Promise<string> {
  switch (operation) {
    case "check":
      return (await provider.check({ act })).failures.map(({ reason }) => reason).join();
    case "diff":
      return (await failure(provider.diff({}, { act }))).message;
    case "create":
      return (await failure(provider.create({ act }))).message;
    case "read":
      return (await failure(provider.read({ act }))).message;
    case "update":
      return (await failure(provider.update({}, { act }))).message;
    case "delete":
      return (await failure(provider.delete({ act }))).message;
  }
}

describe("configure", () => {
  it("is in force for calls that come all at once in a fresh process", async () => {
    const fresh = await ProviderProcess.start();
    try {
      await fresh.configure({ "byok:aws": "from-the-config" });
      const created = await Promise.all(Array.from({ length: 8 }, () => fresh.create({ act: "config" })));
      for (const { outputs } of created) expect(outputs["configured"]).toEqual({ "byok:aws": "from-the-config" });
    } finally {
      await fresh.stop();
    }
  });
});

describe("unknown values", () => {
  it("are marked as the engine of this Pulumi version marks them", () => {
    expect(ENGINE_UNKNOWN).toBe(pulumi.runtime.unknownValue);
  });

  it("reach check as UNKNOWN and leave it as the engine's marker, wherever they stand", async () => {
    const { inputs } = await provider.check({ deep: { list: ["a", ENGINE_UNKNOWN] }, flat: ENGINE_UNKNOWN });
    expect(inputs).toMatchObject({ deep: { list: ["a", ENGINE_UNKNOWN] }, flat: ENGINE_UNKNOWN, sawUnknown: true });
  });

  it("reach diff as UNKNOWN", async () => {
    await expect(provider.diff({ value: "a" }, { value: "a", other: [ENGINE_UNKNOWN] })).resolves.toMatchObject({
      changes: 2,
    });
  });

  it.each(["create", "update"] as const)("are never acted on by %s", async (operation) => {
    const inputs = { act: "echo", value: ENGINE_UNKNOWN };
    const failed = await failure(operation === "create" ? provider.create(inputs) : provider.update({}, inputs));
    expect(failed.message).toContain("not known yet");
    expect(failed.kept).toBeUndefined();
  });
});

describe("outputs", () => {
  it("lose undefined values, in lists too", async () => {
    const { outputs } = await provider.create({ act: "undefineds" });
    expect(outputs).toMatchObject({ kept: "yes", list: [1, 2], nested: {} });
    expect(outputs).not.toHaveProperty("gone");
  });

  it.each(["create", "update"] as const)(
    "of a %s that state cannot hold fail by path, and keep what was made",
    async (operation) => {
      const failed = await failure(
        operation === "create" ? provider.create({ act: "bad values" }) : provider.update({}, { act: "bad values" }),
      );
      for (const path of [
        "nested.bytes is a Buffer",
        "nested.when is a Date",
        "big is a bigint",
        "call is a function",
      ]) {
        expect(failed.message).toContain(path);
      }
      expect(failed.message).toContain("infinite is not a finite number");
      expect(failed.message).toContain("unknown is unknown");
      expect(failed.message).toContain("urn is a name that Pulumi keeps for itself");
      expect(failed.kept).toMatchObject({ id: "made-1", properties: { kept: "yes", list: [1, 2], schemaVersion: 1 } });
      expect(failed.kept?.properties["__provider"]).toContain("host-under-test");
    },
  );

  it("of a read that state cannot hold fail and keep the state as it was", async () => {
    const failed = await failure(provider.read({ act: "bad values" }));
    expect(failed.message).toContain("cannot be written into the state");
    expect(failed.kept).toBeUndefined();
  });

  it("carry __provider and the schema version after create, update and read", async () => {
    const written = { __provider: providerText, schemaVersion: 1 };
    expect((await provider.create({ act: "echo" })).outputs).toMatchObject(written);
    expect(await provider.update({}, { act: "echo" })).toMatchObject(written);
    const read = await provider.read({ act: "echo", value: "v" });
    expect(read).toMatchObject({ id: "made-1", outputs: written, inputs: { ...written, value: "v", derived: 1 } });
  });

  it("of what is gone are empty, which the engine reads as deleted", async () => {
    expect(await provider.read({ act: "gone" })).toMatchObject({ id: "" });
  });
});

describe("a partial failure", () => {
  it.each(["create", "update"] as const)(
    "of %s keeps id and outputs with __provider, and says why",
    async (operation) => {
      const failed = await failure(
        operation === "create" ? provider.create({ act: "partial" }) : provider.update({}, { act: "partial" }),
      );
      expect(failed.message).toBe("The import failed. [BYOK_AWS_FAILED] Run pulumi up again.");
      expect(failed.kept).toEqual({
        id: "made-1",
        properties: { arn: "arn:1", schemaVersion: 1, __provider: providerText },
        reasons: ["The import failed. [BYOK_AWS_FAILED] Run pulumi up again."],
      });
    },
  );

  it.each(["read", "delete"] as const)("of %s is a plain failure", async (operation) => {
    expect(await complaintOf(operation, "partial")).toBe("The import failed. [BYOK_AWS_FAILED] Run pulumi up again.");
  });
});

describe("failures", () => {
  it.each(OPERATIONS)("of %s are one sentence with its hint", async (operation) => {
    const sentence = "region: AWS said no. [BYOK_AWS_ACCESS_DENIED] Ask for the permission.";
    expect(await complaintOf(operation, "refuse")).toBe(sentence);
  });

  it.each(OPERATIONS)("of %s that are bugs tell neither their text nor a stack", async (operation) => {
    const complaint = await complaintOf(operation, "bug");
    expect(complaint).toBe(
      `Fixture.${operation} failed with an unexpected TypeError. [BYOK_INTERNAL] Please report this with the steps that lead to it.`,
    );
  });

  it.each(OPERATIONS)("of %s are redacted, should a secret get into them", async (operation) => {
    const complaint = await complaintOf(operation, "leak");
    expect(complaint).toContain("[redacted] and [redacted] and date 2024");
    expect(complaint).not.toContain(PIN);
  });

  it("of check never name a property to the engine, which would print its value", async () => {
    const { failures } = await provider.check({ pin: "literal", complaints: ["token.pin", ""] });
    expect(failures).toEqual([
      { property: "", reason: "token.pin: is wrong." },
      { property: "", reason: "is wrong." },
    ]);
  });
});

describe("records", () => {
  it("reach a lifecycle without what belongs to the host", async () => {
    const { inputs } = await provider.check({ value: 1 }, { value: 0, schemaVersion: 1 });
    expect(inputs).toMatchObject({ value: 1, sawProvider: false, sawVersion: false, schemaVersion: 1 });
  });

  it("of a newer version of the package are refused by every operation that reads them", async () => {
    const newer = { schemaVersion: 2 };
    const refusals = [
      (await provider.check({}, newer)).failures[0]?.reason,
      (await failure(provider.diff(newer, {}))).message,
      (await failure(provider.read(newer))).message,
      (await failure(provider.update(newer, {}))).message,
      (await failure(provider.delete(newer))).message,
    ];
    for (const refusal of refusals) {
      expect(refusal).toBe(
        "A newer pulumi-byok wrote this resource (schema 2; the installed one knows 1). [BYOK_STATE_TOO_NEW] Upgrade it here: npm install pulumi-byok@latest",
      );
    }
  });
});

describe("diff", () => {
  const none = 1;
  const some = 2;

  it("tells changes and replacements, and never asks to delete first", async () => {
    expect(await provider.diff({ value: "a" }, { value: "a" })).toEqual({
      changes: none,
      replaces: [],
      deleteBeforeReplace: false,
    });
    expect(await provider.diff({ value: "a" }, { value: "b", replace: true })).toEqual({
      changes: some,
      replaces: ["value"],
      deleteBeforeReplace: false,
    });
  });

  it("asks for an update where the outputs name another provider than the inputs", async () => {
    const older = { __provider: 'exports.handler = () => require("host-under-test").load( );' };
    expect(await provider.diff(older, {})).toMatchObject({ changes: some });
  });

  it("asks for an update of outputs in an earlier form, and says that it is nothing else", async () => {
    const said = engine.lines.length;
    expect(await provider.diff({ long: "a", early: true }, { short: "a", early: true })).toMatchObject({
      changes: some,
    });
    expect(engine.lines.slice(said).map(({ message }) => message)).toEqual([
      expect.stringContaining("as an earlier version wrote it"),
    ]);
  });
});

describe("the form of a kind in the state", () => {
  it("is what the engine gets, and is undone for the lifecycle, but not in what a program wrote", async () => {
    const written = await provider.check({ act: "names", short: "a" });
    expect(written.inputs["names"]).toContain("short");
    const { outputs } = await provider.create({ act: "names", schemaVersion: 1, short: "a" });
    expect(outputs["names"]).toContain("long");
    expect(outputs["names"]).not.toContain("short");
    expect((await provider.check({ long: "a" })).inputs).toMatchObject({ short: "a" });
  });
});

describe("the surroundings of a call", () => {
  it("are the clock, randomness and environment of the process", async () => {
    const { outputs } = await provider.create({ act: "now" });
    expect(outputs).toMatchObject({ now: "2030-01-01T00:00:00.000Z", random: 4, env: PIN });
  });
});

describe("many operations that wait at once", () => {
  it("are no leak for Node to warn of", async () => {
    await expect(Promise.all(Array.from({ length: 30 }, () => provider.create({ act: "wait" })))).resolves.toHaveLength(
      30,
    );
  });
});

describe("lines for the user", () => {
  it.each(OPERATIONS)(
    "of %s are at the engine, under the resource's URN, before the operation ends",
    async (operation) => {
      const before = engine.lines.length;
      const inputs = { act: "log" };
      if (operation === "check") await provider.check(inputs);
      if (operation === "diff") await provider.diff({}, inputs);
      if (operation === "create") await provider.create(inputs);
      if (operation === "read") await provider.read(inputs);
      if (operation === "update") await provider.update({}, inputs);
      if (operation === "delete") await provider.delete(inputs);
      const urn = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/byok:Fixture::orders";
      expect(engine.lines.slice(before)).toEqual([
        { severity: "warning", urn, message: "careful, orders", ephemeral: false },
        { severity: "info", urn, message: "done", ephemeral: false },
        { severity: "info", urn, message: "step 1", ephemeral: true },
      ]);
    },
  );

  it("are dropped where there is no engine", async () => {
    const alone = await ProviderProcess.start();
    try {
      await alone.configure({});
      await alone.create({ act: "log" });
      expect(alone.printed).toBe("");
    } finally {
      await alone.stop();
    }
  });
});

// Last: it looks back at everything above.
describe("standard output and standard error", () => {
  it("stay empty through all operations and all failures", () => {
    expect(provider.printed).toBe("");
  });
});
