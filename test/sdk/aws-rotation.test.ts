import * as byok from "../../sdk";
import { mockEngine, settle } from "./fixtures";

jest.setTimeout(60_000);

describe("the rotation schedule of AWS's own material", () => {
  it("reaches the provider as the program wrote it, and only keys that have one have nextRotation", async () => {
    const registered = await mockEngine();
    const rotation = { every: "12mo", startAt: "2027-01-04T03:00:00Z" };
    const frankfurt = new byok.AwsKmsGroup("frankfurt", { region: "eu-central-1" });
    const ledger = new byok.AwsKmsGroup("ledger", {
      region: "eu-central-1",
      template: { rotation: { every: "90d" } },
    });
    const material = { native: true } as const;
    const own = new byok.AwsKmsKey("own", { group: frankfurt, material, rotation });
    const templated = new byok.AwsKmsKey("templated", { group: ledger, material });
    const none = new byok.AwsKmsKey("none", { group: frankfurt, material });
    await settle(own, templated, none);
    const inputsOf = (name: string): Record<string, unknown> =>
      registered.find((resource) => resource.name === name)?.inputs ?? {};
    expect(inputsOf("own")["rotation"]).toEqual(rotation);
    expect(inputsOf("templated")).not.toHaveProperty("rotation");
    expect(JSON.parse(String(inputsOf("templated")["group"]))).toMatchObject({
      template: { rotation: { every: "90d" } },
    });
    expect([own, templated, none].map((key) => key.nextRotation !== undefined)).toEqual([true, true, false]);
  });

  it.each(["startAt", "period", "nextRotation"])("is not set by %s, which is found out", async (property) => {
    await mockEngine();
    const group = new byok.AwsKmsGroup("frankfurt", { region: "eu-central-1" });
    const args = { group, material: { native: true }, rotation: { every: "90d" }, [property]: "x" };
    expect((): unknown => Reflect.construct(byok.AwsKmsKey, ["late", args])).toThrow(`${property} is no argument`);
  });
});
