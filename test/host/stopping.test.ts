import { startFakeEngine, type FakeEngine } from "./fixtures/fake-engine";
import { ProviderProcess } from "./fixtures/provider-process";

jest.setTimeout(120_000);

let engine: FakeEngine;
let provider: ProviderProcess;

beforeEach(async () => {
  engine = await startFakeEngine();
  provider = await ProviderProcess.start({ engine: engine.address });
  await provider.configure({});
});

afterEach(async () => {
  await provider.stop();
  engine.vanish();
});

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(happened: () => boolean, seconds: number): Promise<void> {
  for (let waited = 0; waited < seconds * 1_000; waited += 50) {
    if (happened()) return;
    await pause(50);
  }
  throw new Error(`did not happen within ${seconds} s`);
}

/** A call whose answer may never come, because the process ends. */
const begin = (act: string): Promise<string> =>
  provider.create({ act }).then(
    () => "succeeded",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe("when the engine dies", () => {
  it("begins no further step, ends the custodian and exits", async () => {
    const outcome = begin("hold token");
    await until(() => provider.notes.includes("step 2"), 10);
    engine.vanish();
    await until(() => provider.exitCode !== null, 10);
    expect(await outcome).toContain("Stopped before the next step, because the Pulumi engine went away.");
    expect(provider.notes.filter((note) => !note.startsWith("step"))).toEqual(["custodian ends", "exit 1"]);
    expect(provider.printed).toBe("");
  });

  it("stops before the next step at once, not only after the wait for a new connection", async () => {
    const outcome = begin("hold token");
    await until(() => provider.notes.includes("step 2"), 10);
    engine.vanish();
    const began = Date.now();
    await outcome;
    expect(Date.now() - began).toBeLessThan(2_000);
  });

  it("finishes the step in flight first", async () => {
    void begin("step in flight");
    await until(() => provider.notes.includes("step begins"), 10);
    engine.vanish();
    await until(() => provider.exitCode !== null, 15);
    expect(provider.notes).toEqual(["step begins", "custodian ends", "step ends", "exit 1"]);
  });

  it("exits also where nothing is being done", async () => {
    await provider.create({ act: "log" });
    engine.vanish();
    await until(() => provider.exitCode !== null, 10);
    expect(provider.exitCode).toBe(1);
  });
});

describe("when nobody answers at the engine's address from the start", () => {
  it("changes nothing and exits", async () => {
    const { address } = engine;
    engine.vanish();
    const late = await ProviderProcess.start({ engine: address });
    try {
      await late.configure({});
      await expect(late.diff({ value: 1 }, { value: 1 })).resolves.toBeDefined();
      await until(() => late.exitCode !== null, 10);
    } finally {
      await late.stop();
    }
  });
});

describe.each(["SIGINT", "SIGTERM"] as const)("on %s", (signal) => {
  it("begins no further step, answers what was being done, ends the custodian and exits", async () => {
    const outcome = begin("hold token");
    await until(() => provider.notes.includes("step 1"), 10);
    provider.signal(signal);
    await until(() => provider.exitCode !== null, 5);
    expect(await outcome).toContain(
      "Stopped before the next step, because the Pulumi engine is ending. [BYOK_ENGINE_LOST] Run pulumi up again",
    );
    expect(provider.notes.slice(-2)).toEqual(["custodian ends", "exit 0"]);
  });
});

describe("an idle but living engine", () => {
  it("is not taken for a dead one", async () => {
    await provider.create({ act: "log" });
    await pause(4_500);
    expect(provider.exitCode).toBeNull();
    await expect(provider.create({ act: "echo", value: 1 })).resolves.toMatchObject({ id: "made-1" });
  });
});
