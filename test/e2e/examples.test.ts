import { CreateKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { cloudClient } from "./cloud-client";
import { account, createLab, region, type Lab } from "./lab";
import type { StackProject } from "./stack-project";

const examples = path.resolve(__dirname, "../../../examples");

/** `npm run quickstart` runs its own; azure-examples.test.ts runs those that need a vault. */
const elsewhere = [
  "quickstart",
  ...["azure-byok-kek", "azure-managed-hsm", "azure-standard", "two-clouds-one-source", "azure-recover"],
];

let lab: Lab;
let kms: KMSClient;
beforeAll(async () => {
  lab = await createLab();
  kms = cloudClient(lab.cloud, region);
});
afterAll(async () => {
  kms.destroy();
  await lab.dispose();
});

interface Example {
  /** Configuration besides that of token and cloud. */
  readonly config?: () => Promise<Readonly<Record<string, string>>>;
  /** What its README does after the first run, as configuration for a second one. */
  readonly then?: (project: StackProject) => Promise<Readonly<Record<string, string>>>;
  /** Resources, with the stack itself, after the last run. */
  readonly resources: number;
  /** In how many Regions each of its keys is. */
  readonly regions?: number;
  /** What its outputs hold. */
  readonly outputs: (keyCount: number) => Readonly<Record<string, unknown>>;
}

const arn: unknown = expect.stringMatching(new RegExp(`^arn:aws:kms:${region}:${account}:key/`));
const proof: unknown = expect.objectContaining({
  fingerprint: expect.stringMatching(/^sha256:/),
  method: "key-material-id",
});

const known: Readonly<Record<string, Example>> = {
  "bootstrap-aws": {
    config: () => Promise.resolve({ account }),
    resources: 5,
    outputs: () => ({ arn, proof, aliases: ["alias/payments", "alias/payments-ledger"] }),
  },
  "every-key-type": {
    resources: 27,
    outputs: (keyCount) => ({
      keys: Array.from({ length: keyCount }, (): unknown => expect.objectContaining({ arn })),
    }),
  },
  "aws-rotation": {
    config: () => Promise.resolve({ account }),
    resources: 6,
    outputs: () => ({
      nextRotation: expect.any(String),
      invoicesVersions: [expect.objectContaining({ version: 1, keyState: "Enabled" })],
      sessionsVersions: [expect.objectContaining({ version: 1, keyState: "Enabled" })],
    }),
  },
  "aws-multi-region": {
    config: () => Promise.resolve({ account }),
    resources: 6,
    regions: 2,
    outputs: () => ({ arn, proof, replicas: [{ region: "eu-west-1", primaryArn: arn, keyState: "Enabled", proof }] }),
  },
  "aws-byok-basic": {
    config: () => Promise.resolve({ account }),
    then: async (project) => {
      const { transportKey } = z
        .object({ transportKey: z.string() })
        .parse(JSON.parse(await project.expectSuccess("stack", "output", "--json")));
      const encrypt = ["encrypt-for-us.mjs", transportKey, "sha1"];
      const encrypted = execFileSync(process.execPath, encrypt, { cwd: project.folder, input: randomBytes(32) });
      await writeFile(path.join(project.folder, "partner-key.bin"), encrypted);
      return { partnerFile: "./partner-key.bin" };
    },
    resources: 8,
    outputs: () => ({ origins: ["HSM", "AWS_KMS", "EXTERNAL"], arns: [arn, arn, arn] }),
  },
  "aws-adopt": {
    config: async () => {
      const made = await kms.send(new CreateKeyCommand({ Origin: "EXTERNAL", Description: "made by hand" }));
      return { ledger: made.KeyMetadata?.Arn ?? "" };
    },
    resources: 6,
    outputs: () => ({ arn, ours: ["ledger"] }),
  },
  "adopt-placeholder": {
    config: async () => {
      const made = await kms.send(new CreateKeyCommand({ Origin: "EXTERNAL", Description: "an administrator's" }));
      return { placeholder: made.KeyMetadata?.Arn ?? "" };
    },
    resources: 5,
    outputs: () => ({ arn, proof, policy: expect.stringContaining("kms:*") }),
  },
};

/** The example as a user has it after `npm install`: its own files beside the installed package. */
async function copyOf(name: string): Promise<StackProject> {
  const { folder } = lab.project;
  const copy = path.join(folder, name);
  await mkdir(copy);
  await cp(path.join(examples, name), copy, {
    recursive: true,
    filter: (file) => !file.includes("node_modules"),
  });
  return lab.project.within(name, `examples-${name}`);
}

async function configure(project: StackProject, settings: Readonly<Record<string, string>>): Promise<void> {
  const pairs = Object.entries(settings).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
  await project.expectSuccess("config", "set-all", ...pairs);
}

describe("an example", () => {
  it("is run by this test, each of them", async () => {
    const folders = await readdir(examples, { withFileTypes: true });
    const names = folders.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    expect(names.sort()).toEqual([...Object.keys(known), ...elsewhere].sort());
  });

  it.each(Object.keys(known))(
    "%s makes its keys, finds nothing to do in a second run, and takes them away",
    async (name) => {
      const example = known[name];
      if (example === undefined) throw new Error("no such example");
      const project = await copyOf(name);
      const { label, pin, environment } = lab.token.connection;
      const settings = {
        ...{ token: label ?? "", pin, softhsmConf: environment?.["SOFTHSM2_CONF"] ?? "" },
        ...{ endpoint: lab.cloud.httpsEndpoint ?? "", caFile: "../ca.pem", credentials: `file:../aws-${account}.csv` },
        ...(await example.config?.()),
      };
      await configure(project, settings);

      const first = await project.up();
      if (example.then === undefined) expect(first).toContain(`${example.resources} created`);
      else {
        await configure(project, await example.then(project));
        await project.up();
      }
      const outputs: unknown = JSON.parse(await project.expectSuccess("stack", "output", "--json"));
      const copies = (await project.state()).filter(({ type }) => type.endsWith("byok:AwsKmsKey"));
      expect(outputs).toMatchObject(example.outputs(copies.length));
      for (const { outputs: key } of copies) expect(key).toMatchObject({ keyState: "Enabled", pending: [] });

      await lab.cloud.admin.clearLog();
      expect(await project.preview("--expect-no-changes")).toContain(`${example.resources} unchanged`);
      expect(await lab.cloud.admin.counters()).toEqual({});

      expect(await project.expectSuccess("destroy", "--yes", "--skip-preview")).toContain(
        `${example.resources} deleted`,
      );
      expect((await lab.cloud.admin.counters())["ScheduleKeyDeletion"]).toBe(copies.length * (example.regions ?? 1));
      await rm(project.folder, { recursive: true });
    },
  );
});
