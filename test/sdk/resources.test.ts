import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import * as byok from "../../sdk";
import { mockEngine, program, settle, token, valueOf, type Registered } from "./fixtures";

jest.setTimeout(60_000);

async function registeredProgram(preview = false): Promise<ReadonlyMap<string, Registered>> {
  const registered = await mockEngine(preview);
  await settle(...Object.values(program()));
  return new Map(registered.map((resource) => [resource.name, resource]));
}

const inputsOf = (resources: ReadonlyMap<string, Registered>, name: string): Record<string, unknown> =>
  resources.get(name)?.inputs ?? {};

/** What a resource carries of another one reaches the engine as one text, however many values it has. */
const carried = (text: unknown): unknown => JSON.parse(String(text));

const group = {
  name: "hsm",
  token,
  allowedTargets: [],
  lab: false,
  minOaepHash: "sha256",
  abilities: { specs: ["AES_256"] },
  identity: { serial: "7" },
};

describe("the text that state keeps for ever", () => {
  // State written by any version is run by the installed one: this text must never change.
  it.each(["SourceGroup", "SourceKey", "AwsKmsGroup", "AwsKmsKey"])("is the same as ever for %s", async (kind) => {
    const resources = await registeredProgram();
    const resource = [...resources.values()].find(({ type }) => type === `pulumi-nodejs:dynamic/byok:${kind}`);
    expect(resource?.inputs["__provider"]).toBe(
      `exports.handler = () => { try { return require("pulumi-byok/provider").load("${kind}"); } catch (e) { ` +
        `if (e.code === "MODULE_NOT_FOUND") { e.message = "pulumi-byok is not installed in " + process.cwd() + ". Run: npm install pulumi-byok"; e.stack = ""; } ` +
        `throw e; } };`,
    );
  });
});

describe("what reaches the provider", () => {
  it("is the program's arguments, the resource's own URN and the organisation, and nothing else", async () => {
    const resources = await registeredProgram();
    expect(inputsOf(resources, "hsm")).toEqual({
      token,
      self: "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/byok:SourceGroup::hsm",
      organization: "acme",
      __provider: expect.any(String) as unknown,
    });
  });

  it("is a plain record instead of a group", async () => {
    const resources = await registeredProgram();
    expect(inputsOf(resources, "master")).toMatchObject({ spec: "AES_256" });
    expect(carried(inputsOf(resources, "master")["group"])).toEqual(group);
    expect(carried(inputsOf(resources, "payments")["group"])).toEqual({
      name: "frankfurt",
      region: "eu-central-1",
      account: "123456789012",
    });
  });

  it("is a plain record instead of a source key: lineage, version and connection, no label", async () => {
    const resources = await registeredProgram();
    const material = z.strictObject({ source: z.string() }).parse(inputsOf(resources, "payments")["material"]);
    const source = { name: "master", owner: "0".repeat(32), version: 1, spec: "AES_256", group };
    expect(carried(material.source)).toEqual(source);
  });

  it("is known in a preview as far as check derives it; what nobody set is absent, not unknown", async () => {
    const resources = await registeredProgram(true);
    expect(carried(inputsOf(resources, "master")["group"])).toEqual(group);
    expect(carried(inputsOf(resources, "payments")["group"])).toEqual({
      name: "frankfurt",
      region: "eu-central-1",
      account: "123456789012",
    });
  });

  it("has every part of a connection that the program sets", async () => {
    const registered = await mockEngine(true);
    const connection = {
      region: "eu-central-1",
      endpoint: "https://127.0.0.1:8443",
      credentials: { csv: "file:aws.csv" },
      tls: { caFile: "ca.pem" },
      quotas: { CreateKey: 2 },
      roleCredentials: { destroy: { profile: "destroyer" } },
    };
    // How the group itself is checked is no business of its keys, but for whether they have to wait for it.
    const checks = { permissionCheck: "require", requireConnected: false } as const;
    const place = new byok.AwsKmsGroup("place", { ...connection, ...checks });
    const hsm = new byok.SourceGroup("hsm", { token, allowedSpecs: ["AES_256"], minOaepHash: "sha1", lab: true });
    const source = new byok.SourceKey("source", { group: hsm, spec: "AES_256" });
    await settle(new byok.AwsKmsKey("copy", { group: place, material: { source } }));
    const copy = registered.find(({ name }) => name === "copy");
    expect(carried(copy?.inputs["group"])).toEqual({
      name: "place",
      account: "123456789012",
      ...connection,
      permissionsUnjudged: false,
    });
    const material = z.object({ source: z.string() }).parse(copy?.inputs["material"]);
    expect(carried(material.source)).toMatchObject({
      group: { allowedSpecs: ["AES_256"], minOaepHash: "sha1", lab: true },
    });
  });

  it("has a policy as text, however the program writes it", async () => {
    const registered = await mockEngine();
    const { frankfurt, master } = program();
    const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow" }] };
    const base = { group: frankfurt, material: { source: master } };
    const copies = [
      new byok.AwsKmsKey("as-object", { ...base, policy }),
      new byok.AwsKmsKey("as-output", { ...base, policy: pulumi.output(policy) }),
      new byok.AwsKmsKey("as-text", { ...base, policy: JSON.stringify(policy) }),
    ];
    await settle(...copies);
    const texts = registered.filter(({ name }) => name.startsWith("as-")).map(({ inputs }) => inputs["policy"]);
    expect(texts).toEqual([1, 2, 3].map(() => JSON.stringify(policy)));
  });

  it("has the template and the rules of its group, with the policy as text in both", async () => {
    const registered = await mockEngine(true);
    const policy = { Version: "2012-10-17", Statement: [] };
    const template = { aliasPrefix: "alias/ledger/", policy, tags: { owner: "ledger" } };
    const ledger = new byok.AwsKmsGroup("ledger", { region: "eu-central-1", template, requiredTags: ["owner"] });
    const { master } = program();
    await settle(new byok.AwsKmsKey("copy", { group: ledger, material: { source: master } }));
    const inputs = (name: string): Record<string, unknown> =>
      registered.find((resource) => resource.name === name)?.inputs ?? {};
    const sent = { template: { ...template, policy: JSON.stringify(policy) }, requiredTags: ["owner"] };
    expect(inputs("ledger")).toMatchObject(sent);
    expect(carried(inputs("copy")["group"])).toMatchObject({ name: "ledger", ...sent });
  });

  it("carries the group of each replica as one text, and nothing of replicas where there is none", async () => {
    const registered = await mockEngine();
    const { master, frankfurt, key } = program();
    const ireland = new byok.AwsKmsGroup("ireland", { region: "eu-west-1" });
    const replicas = [{ group: ireland, policy: { Statement: [] }, aliases: ["alias/far"] }];
    const copy = new byok.AwsKmsKey("copy", {
      group: frankfurt,
      material: { source: master },
      multiRegion: true,
      replicas,
    });
    await settle(copy, key);
    const inputs = (name: string): Record<string, unknown> =>
      registered.find((resource) => resource.name === name)?.inputs ?? {};
    const [sent] = inputs("copy")["replicas"] as readonly Record<string, unknown>[];
    expect(sent).toMatchObject({ policy: '{"Statement":[]}', aliases: ["alias/far"] });
    expect(carried(sent?.["group"])).toMatchObject({ name: "ireland", region: "eu-west-1" });
    expect(pulumi.Output.isInstance(copy.primaryRegion)).toBe(true);
    for (const name of ["multiRegion", "replicas", "primaryRegion", "formerReplicas"]) {
      expect(inputs("payments")).not.toHaveProperty(name);
      expect(Reflect.get(key, name)).toBeUndefined();
    }
  });

  it("has the URN below a component, as the engine makes it", async () => {
    const registered = await mockEngine();
    const parent = new pulumi.ComponentResource("my:app:Keys", "keys");
    await settle(new byok.SourceGroup("hsm", { token }, { parent }));
    expect(registered.find(({ name }) => name === "hsm")?.inputs["self"]).toBe(
      "urn:pulumi:dev::shop::my:app:Keys$pulumi-nodejs:dynamic/byok:SourceGroup::hsm",
    );
  });

  it("has no property called id or urn anywhere at the top, which Pulumi would swallow", async () => {
    for (const { inputs } of (await registeredProgram()).values()) {
      expect(Object.keys(inputs)).not.toContain("id");
      expect(Object.keys(inputs)).not.toContain("urn");
    }
  });
});

describe("outputs", () => {
  it.each([
    ["hsm", ["connected", "identity", "abilities", "note", "allowedTargets", "lab", "minOaepHash"]],
    ["master", ["owner", "version", "versions", "publicKey", "label", "onDestroy", "exportable", "group"]],
    ["frankfurt", ["connected", "account", "callerArn", "region"]],
    [
      "key",
      [
        "arn",
        "keyId",
        "keyState",
        "proof",
        "link",
        "wrapping",
        "createdAt",
        "deletionDate",
        "pending",
        "account",
        "region",
        "version",
      ].concat(["usage", "aliases", "description", "policy", "tags", "enabled", "validTo", "deletionWindowInDays"]),
    ],
  ] as const)("of %s are there from the start", async (resource, names) => {
    await mockEngine();
    const made = program()[resource];
    for (const name of names) expect(pulumi.Output.isInstance(Reflect.get(made, name))).toBe(true);
    await settle(made);
  });

  it("of a copied key are read from one text; what the program sets, it reads as it set it", async () => {
    const registered = await mockEngine();
    const { frankfurt, master } = program();
    const base = { group: frankfurt, material: { source: master } };
    const key = new byok.AwsKmsKey("found", { ...base, tags: { team: "ledger" } });
    expect(await valueOf(key.keyId)).toBe("1");
    expect(await valueOf(key.description)).toBe("Found");
    expect(await valueOf(key.proof.apply((proof) => proof?.fingerprint))).toBe("sha256:00");
    expect(await valueOf(key.deletionDate)).toBeUndefined();
    expect(await valueOf(key.tags)).toEqual({ team: "ledger" });
    expect(await valueOf(key.region)).toBe("eu-central-1");
    expect(await valueOf(key.spec)).toBe("AES_256");
    expect(registered.find(({ name }) => name === "found")?.inputs).not.toHaveProperty("keyId");
  });

  it("that only the cloud knows are unknown in a preview", async () => {
    await mockEngine(true);
    const { key } = program();
    expect(await valueOf(key.proof)).toBe("unknown");
    expect(await valueOf(key.keyId)).toBe("unknown");
  });
});
