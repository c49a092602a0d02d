import * as pulumi from "@pulumi/pulumi";
import * as byok from "../../sdk";
import { mockEngine, program, settle, token } from "./fixtures";

jest.setTimeout(60_000);

const messageOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof pulumi.ResourceError) return error.message;
    throw error;
  }
  throw new Error("nothing was raised");
};

describe("what an alias and a schedule carry of their key", () => {
  it("is one text: identity, lineage, aliases, and how to reach cloud and token", async () => {
    const registered = await mockEngine();
    const { frankfurt, key } = program();
    await settle(
      new byok.AwsAlias("current", { group: frankfurt, name: "alias/current", key }),
      new byok.DeletionSchedule("retire", { key, windowInDays: 14 }),
    );
    const texts = registered
      .filter(({ name }) => ["current", "retire"].includes(name))
      .map(({ inputs }) => inputs["key"]);
    expect(texts).toHaveLength(2);
    for (const [name, kind] of [
      ["current", "AwsAlias"],
      ["retire", "DeletionSchedule"],
    ] as const) {
      const provider = registered.find((resource) => resource.name === name)?.inputs["__provider"];
      expect(provider).toContain(`require("pulumi-byok/provider").load("${kind}")`);
    }
    expect(texts[0]).toBe(texts[1]);
    expect(JSON.parse(String(texts[0]))).toEqual({
      name: "payments",
      arn: "arn:aws:kms:eu-central-1:123456789012:key/1",
      keyId: "1",
      lineage: "payments-id",
      spec: "AES_256",
      aliases: ["alias/payments"],
      group: { name: "frankfurt", region: "eu-central-1", account: "123456789012" },
      source: expect.objectContaining({
        name: "master",
        owner: "0".repeat(32),
        group: expect.objectContaining({ token }) as unknown,
      }) as unknown,
    });
  });

  it("is the reference itself where the program names a key that it does not have", async () => {
    const registered = await mockEngine();
    const { frankfurt } = program();
    const arn = "arn:aws:kms:eu-central-1:123456789012:key/2";
    await settle(
      new byok.AwsAlias("by-arn", { group: frankfurt, name: "alias/a", key: arn }),
      new byok.AwsAlias("by-output", { group: frankfurt, name: "alias/b", key: pulumi.output(arn) }),
    );
    expect(registered.filter(({ name }) => name.startsWith("by-")).map(({ inputs }) => inputs["key"])).toEqual([
      arn,
      arn,
    ]);
  });

  it("is unknown in the preview that makes the key", async () => {
    const registered = await mockEngine(true);
    const { key } = program();
    await settle(new byok.DeletionSchedule("retire", { key }));
    const schedule = registered.find(({ name }) => name === "retire");
    expect(schedule?.inputs["key"]).not.toEqual(expect.stringContaining("lineage"));
  });
});

describe("a program that passes something else", () => {
  it("is told what was expected", async () => {
    await mockEngine();
    const { frankfurt, master, key } = program();
    await settle(key);
    expect(messageOf(() => Reflect.construct(byok.DeletionSchedule, ["retire", { key: master }]))).toContain(
      "retire (byok:DeletionSchedule): key must be a resource of class AwsKmsKey or AzureKey, and it is a SourceKey",
    );
    expect(
      messageOf(() => Reflect.construct(byok.AwsAlias, ["a", { group: frankfurt, name: "alias/a", key: master }])),
    ).toContain("key must be a resource of class AwsKmsKey, and it is a SourceKey");
    expect(messageOf(() => Reflect.construct(byok.AwsAlias, ["a", { name: "alias/a", key }]))).toContain(
      "group must be a resource of class AwsKmsGroup, and it is missing",
    );
    expect(
      messageOf(() => Reflect.construct(byok.DeletionSchedule, ["retire", { key, deletionDate: "2027-01-01" }])),
    ).toContain("deletionDate is no argument: it is found out, not set");
  });

  it("cannot say with whom a schedule goes", async () => {
    await mockEngine();
    const { frankfurt, key } = program();
    await settle(key);
    expect(messageOf(() => new byok.DeletionSchedule("retire", { key }, { deletedWith: frankfurt }))).toContain(
      "deletedWith is always the key",
    );
  });
});
