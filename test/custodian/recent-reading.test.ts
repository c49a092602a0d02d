import { recentReading } from "../../provider/custodian/recent-reading";

/** A reading of a value that changes, on a clock that a test moves. */
class Scene {
  value = "first";
  now = 0;
  readings = 0;
  failure: Error | undefined;
  /** Each reading waits for it after it has looked. */
  pause: Promise<void> = Promise.resolve();
  readonly recent = recentReading(
    async () => {
      this.readings += 1;
      const seen = this.value;
      await this.pause;
      if (this.failure !== undefined) throw this.failure;
      return seen;
    },
    () => this.now,
  );
}

describe("a recent reading", () => {
  it("serves all who ask within seconds, and shows after them what others wrote", async () => {
    const scene = new Scene();
    await scene.recent.read();
    scene.value = "second";
    scene.now = 4_999;
    expect(await scene.recent.read()).toBe("first");
    scene.now = 5_000;
    expect(await scene.recent.read()).toBe("second");
    expect(scene.readings).toBe(2);
  });

  it("counts its age from when it began, since that is what it has seen", async () => {
    const scene = new Scene();
    let go: () => void = () => undefined;
    scene.pause = new Promise((resolve) => (go = resolve));
    const slow = scene.recent.read();
    scene.now = 6_000;
    scene.value = "second";
    go();
    expect(await slow).toBe("first");
    expect(await scene.recent.read()).toBe("second");
  });

  it("is read anew at once after this process wrote", async () => {
    const scene = new Scene();
    await scene.recent.read();
    scene.value = "second";
    scene.recent.outdate();
    expect(await scene.recent.read()).toBe("second");
  });

  it("that ran while this process wrote is not kept for those who ask after the write", async () => {
    const scene = new Scene();
    let go: () => void = () => undefined;
    scene.pause = new Promise((resolve) => (go = resolve));
    const before = scene.recent.read();
    scene.value = "second";
    scene.recent.outdate();
    const after = scene.recent.read();
    go();
    expect([await before, await after]).toEqual(["first", "second"]);
    expect(await scene.recent.read()).toBe("second");
  });

  it("that failed fails nobody who asks later", async () => {
    const scene = new Scene();
    scene.failure = new Error("no token in the slot");
    await expect(scene.recent.read()).rejects.toThrow("no token");
    scene.failure = undefined;
    expect(await scene.recent.read()).toBe("first");
  });
});
