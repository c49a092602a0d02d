import { inventoryRecord } from "../../provider/model/inventory";
import { packInventory } from "../../provider/model/packed-inventory";
import * as byok from "../../sdk";
import { listedKey } from "../model/listed-key";
import { unpackedKeys } from "../../sdk/unpacked-keys";
import { mockEngine, program, settle, valueOf } from "./fixtures";

jest.setTimeout(60_000);

const record = inventoryRecord(listedKey("one"), { resources: new Map(), told: false });

describe("an AwsKeyInventory", () => {
  it("reaches the provider with its group and its own keys as one text each, and the text that state keeps for ever", async () => {
    const registered = await mockEngine();
    const { frankfurt, key } = program();
    await settle(new byok.AwsKeyInventory("all", { group: frankfurt, managed: [key] }));
    const inputs = registered.find(({ name }) => name === "all")?.inputs ?? {};
    expect(JSON.parse(String(inputs["managed"]))).toEqual({ "payments-id": "payments" });
    expect(JSON.parse(String(inputs["group"]))).toMatchObject({ name: "frankfurt", region: "eu-central-1" });
    expect(inputs["__provider"]).toBe(
      `exports.handler = () => { try { return require("pulumi-byok/provider").load("AwsKeyInventory"); } catch (e) { ` +
        `if (e.code === "MODULE_NOT_FOUND") { e.message = "pulumi-byok is not installed in " + process.cwd() + ". Run: npm install pulumi-byok"; e.stack = ""; } ` +
        `throw e; } };`,
    );
  });

  it("tells nothing of own keys where the program names none", async () => {
    const registered = await mockEngine();
    const { frankfurt } = program();
    await settle(new byok.AwsKeyInventory("all", { group: frankfurt }));
    expect(registered.find(({ name }) => name === "all")?.inputs).not.toHaveProperty("managed");
  });

  it("does not know its keys in the preview that makes it", async () => {
    await mockEngine(true);
    const { frankfurt } = program();
    expect(await valueOf(new byok.AwsKeyInventory("all", { group: frankfurt }).keys)).toBe("unknown");
  });

  it("unpacks its keys for the program", () => {
    expect(unpackedKeys(packInventory([record]))).toEqual([record]);
    expect(() => unpackedKeys("nonsense")).toThrow("Run: pulumi refresh");
  });

  it("refuses what is no group and no key in one sentence", async () => {
    await mockEngine();
    const { frankfurt, hsm, key } = program();
    const make = (args: unknown) => (): unknown => Reflect.construct(byok.AwsKeyInventory, ["all", args]);
    expect(make({ group: hsm })).toThrow("group must be a resource of class AwsKmsGroup");
    expect(make({ group: frankfurt, managed: [key, hsm] })).toThrow("managed[1] must be a resource of class AwsKmsKey");
    expect(make({ group: frankfurt, listing: "x" })).toThrow("listing is no argument");
    await settle(frankfurt, key);
  });
});
