import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as byok from "../../sdk";
import { mockEngine, program, settle, token } from "./fixtures";

jest.setTimeout(60_000);

beforeEach(async () => {
  await mockEngine();
});

/** Constructs a class as a program in JavaScript could. */
const construct = (kind: "SourceGroup" | "SourceKey" | "AwsKmsGroup" | "AwsKmsKey", args: unknown) => (): unknown =>
  Reflect.construct(byok[kind], ["orders", args]);

function errorOf(act: () => unknown): pulumi.ResourceError {
  try {
    act();
  } catch (error) {
    if (error instanceof pulumi.ResourceError) return error;
    throw error;
  }
  throw new Error("nothing was raised");
}

describe("a program that passes something else than a resource", () => {
  it("is told what was expected and what came, without a stack trace", () => {
    const error = errorOf(construct("SourceKey", { group: { token }, spec: "AES_256" }));
    expect(error.message).toBe(
      "orders (byok:SourceKey): group must be a resource of class SourceGroup, and it is a plain object. Write group: new byok.SourceGroup(…), from the same installation of pulumi-byok.",
    );
    expect(error.hideStack).toBe(true);
  });

  it.each([
    ["SourceKey", { spec: "AES_256" }, "group must be a resource of class SourceGroup, and it is missing"],
    ["SourceKey", { group: pulumi.output("hsm"), spec: "AES_256" }, "it is an Output; pass the resource itself"],
    ["AwsKmsKey", { group: null }, "group must be a resource of class AwsKmsGroup, and it is null"],
    ["AwsKmsKey", undefined, "the arguments must be an object, and it is missing"],
    ["AwsKmsGroup", undefined, "the arguments must be an object, and it is missing"],
    ["SourceGroup", "softhsm2", "the arguments must be an object, and it is a string"],
  ] as const)("is told so by %s of %p", (kind, args, sentence) => {
    expect(errorOf(construct(kind, args)).message).toContain(sentence);
  });

  it("is told so of the material as well", async () => {
    const { hsm, frankfurt } = program();
    await settle(hsm, frankfurt);
    const error = errorOf(construct("AwsKmsKey", { group: frankfurt, material: { source: hsm } }));
    expect(error.message).toContain("material.source must be a resource of class SourceKey, and it is a SourceGroup");
  });

  it("is told so of replicas, by their place in the list", async () => {
    const { master, frankfurt } = program();
    await settle(master, frankfurt);
    const copy = { group: frankfurt, material: { source: master }, multiRegion: true };
    const wrong = { ...copy, replicas: [{ group: frankfurt }, { group: "ireland" }] };
    expect(errorOf(construct("AwsKmsKey", wrong)).message).toContain(
      "replicas[1].group must be a resource of class AwsKmsGroup, and it is a string",
    );
    const none = { ...copy, replicas: pulumi.output([{ group: frankfurt }]) };
    expect(errorOf(construct("AwsKmsKey", none)).message).toContain("replicas must be a list");
  });

  it("never reads a secret back in the error", () => {
    const error = errorOf(construct("SourceKey", { group: "hunter2", spec: "AES_256" }));
    expect(error.message).not.toContain("hunter2");
  });
});

describe("a program that sets what is found out", () => {
  it.each(["id", "urn", "self", "abilities", "connected", "__provider"])("is refused %s", (property) => {
    expect(errorOf(construct("SourceGroup", { token, [property]: "x" })).message).toBe(
      `orders (byok:SourceGroup): ${property} is no argument: it is found out, not set. Leave it out.`,
    );
  });

  it("may write what check has to refuse: it is handed on", async () => {
    const registered = await mockEngine();
    await settle(construct("SourceGroup", { token, tokne: 1 })() as pulumi.Resource);
    expect(registered[0]?.inputs).toMatchObject({ tokne: 1 });
  });
});

describe("a project folder from which the package cannot be loaded", () => {
  const before = process.cwd();
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "byok-sdk-")));

  afterAll(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });

  it("is named before anything is registered, with the command that helps", () => {
    process.chdir(folder);
    expect(errorOf(construct("SourceGroup", { token })).message).toBe(
      `orders (byok:SourceGroup): Pulumi's provider process looks for pulumi-byok from the project folder ${folder}, and it is not there. Run in that folder: npm install pulumi-byok`,
    );
  });
});
