import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FakeScript } from "./doubles/fake-child";
import { account, region } from "./doubles/fake-kms";
import { isRunning, Scene, untilGone } from "./doubles/fake-process";
import { importRequest, owner } from "./doubles/requests";
import { thrownBy } from "./doubles/thrown-by";

const orders = { owner, version: 1, name: "orders", spec: "AES_256" } as const;
const arn = `arn:aws:kms:${region}:${account}:key/AES_256`;
const onLinux = process.platform === "linux" ? describe : describe.skip;

// Every test starts processes of its own, which takes its time on a busy machine.
jest.setTimeout(60_000);

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.leave());

describe("the process that holds a token", () => {
  it("starts at the first operation, and serves all of them alone", async () => {
    const custodian = scene.open();
    await sleep(100);
    expect(scene.events()).toEqual([]);
    const owners = Array.from({ length: 20 }, (_, index) => index.toString(16).padStart(32, "0"));
    const made = await Promise.all(owners.map((one) => custodian.generate({ ...orders, owner: one })));
    expect(made.map((one) => one.owner)).toEqual(owners);
    expect(await custodian.list()).toHaveLength(20);
    expect(scene.events().filter((event) => event.startsWith("start"))).toHaveLength(1);
    expect(scene.count("C_Login")).toBe(1);
  });

  it("answers a fast operation while a slow one runs", async () => {
    const custodian = scene.open(scene.token({ slow: { generate: 1_000 } }));
    const order: string[] = [];
    await custodian.connect();
    await Promise.all([
      custodian.generate(orders).then(() => order.push("generate")),
      custodian.connect().then(() => order.push("connect")),
    ]);
    expect(order).toEqual(["connect", "generate"]);
  });

  it("does every operation of the port", async () => {
    const custodian = scene.open();
    const version = { owner, version: 1 };
    expect((await custodian.connect()).identity.model).toBe("Fake");
    const made = await custodian.generate(orders);
    expect(await custodian.importInto(importRequest(arn, "AES_256"))).toMatchObject({ proof: "key-material-id" });
    expect(await custodian.prove(importRequest(arn, "AES_256"))).toMatchObject({ proof: "key-material-id" });
    await custodian.rename(owner, "payments");
    expect(await custodian.list(owner)).toEqual([{ ...made, name: "payments" }]);
    expect(await custodian.survey()).toMatchObject([{ owner, version: 1, name: "payments" }]);
    expect(await custodian.links(owner)).toMatchObject([{ arn }]);
    await custodian.noteDeletion(version, arn, "2000-01-01T00:00:00.000Z");
    expect(await custodian.links(owner, { recent: true })).toMatchObject([
      { deletionDate: "2000-01-01T00:00:00.000Z" },
    ]);
    await custodian.noteRevival(version, arn);
    expect((await custodian.links(owner))[0]).not.toHaveProperty("deletionDate");
    expect((await custodian.links(owner, { recent: true }))[0]).not.toHaveProperty("deletionDate");
    expect(await custodian.links(owner, { recent: true })).toBe(await custodian.links(owner, { recent: true }));
    await custodian.noteReturning(version, arn, "2000-01-01T00:00:00.000Z");
    expect(await custodian.links(owner)).toMatchObject([{ returning: "2000-01-01T00:00:00.000Z" }]);
    await custodian.noteReturning(version, arn);
    expect((await custodian.links(owner))[0]).not.toHaveProperty("returning");
    await custodian.noteDeletion(version, arn, "2000-01-01T00:00:00.000Z");
    expect(await custodian.close(version)).toMatchObject({ exportable: false });
    await custodian.noteDeletion(version, arn);
    await custodian.destroy(version);
    expect(await custodian.list()).toEqual([]);
  });

  it("hands back errors whole: code, hint, step", async () => {
    const custodian = scene.open();
    await custodian.generate(orders);
    const request = importRequest(arn, "AES_256", { rules: { allowedTargets: [], lab: false, minOaepHash: "sha256" } });
    const error = await thrownBy(() => custodian.importInto(request));
    expect(error).toMatchObject({ code: "BYOK_TARGET_NOT_TRUSTED", step: "verify the target" });
    expect(error.hint).toContain("allowedTargets");
    expect(scene.events()).not.toContain("wrap");
    expect(scene.events()).not.toContain("getParametersForImport");
  });

  it("is one for each token", async () => {
    const [one, two] = [scene.open(), scene.open()];
    await Promise.all([one.generate(orders), two.generate({ ...orders, version: 2 })]);
    expect(one.pid).not.toBe(two.pid);
    expect((await one.list()).map(({ version }) => version)).toEqual([1]);
    expect((await two.list()).map(({ version }) => version)).toEqual([2]);
  });

  it("ends when it is told to, and serves nothing afterwards", async () => {
    const custodian = scene.open();
    await custodian.connect();
    const { pid } = custodian;
    await custodian.end();
    expect(pid !== undefined && isRunning(pid)).toBe(false);
    expect(scene.events().slice(-2)).toEqual(["shutdown", "exit 0"]);
    expect(await thrownBy(() => custodian.connect())).toMatchObject({ code: "BYOK_CUSTODIAN_FAILED" });
  });

  it("is not moved by Ctrl-C, which reaches every process of a terminal", async () => {
    const custodian = scene.open(scene.token({ slow: { generate: 500 } }));
    await custodian.connect();
    const made = custodian.generate(orders);
    await scene.until(/^generate$/);
    if (custodian.pid !== undefined) process.kill(custodian.pid, "SIGINT");
    expect(await made).toMatchObject({ spec: "AES_256" });
  });
});

describe("a process that dies", () => {
  it.each([
    ["abort", /SIGABRT/],
    ["segv", /SIGSEGV/],
    ["exit", /exit code 3/],
  ] as const)("by %s fails everything pending, and the next operation starts another one", async (how, words) => {
    const custodian = scene.open(scene.token({ ...scene.crash("generate", how), slow: { fingerprint: 5_000 } }));
    await custodian.connect();
    const errors = await Promise.all([
      thrownBy(() => custodian.generate(orders)),
      thrownBy(() => custodian.importInto(importRequest(arn, "AES_256")).then(() => sleep(5_000))),
    ]);
    const [error] = errors;
    expect(error).toMatchObject({ code: "BYOK_CUSTODIAN_FAILED", retryable: true, step: "generating a key" });
    expect(error.message).toMatch(words);
    expect(error.message).toMatch(/Nothing is known about the outcome/);
    expect((await custodian.connect()).identity.label).toBe("fake");
    expect(scene.count("C_Login")).toBe(2);
  });

  it("while it starts says so", async () => {
    const entry = path.join(scene.folder, "entry.js");
    writeFileSync(entry, "process.exit(7);");
    const error = await thrownBy(() => scene.open(scene.token(), { entry }).connect());
    expect(error.code).toBe("BYOK_CUSTODIAN_FAILED");
    expect(error.message).toContain("exit code 7");
  });

  it("because it never gets ready is given up on", async () => {
    const entry = path.join(scene.folder, "entry.js");
    writeFileSync(entry, "setInterval(() => undefined, 1000);");
    const custodian = scene.open(scene.token(), { entry, startTimeoutMs: 300 });
    const error = await thrownBy(() => custodian.connect());
    expect(error.message).toContain("did not start within 0.3 s");
    await untilGone(custodian.pid ?? 0);
  });
});

describe("the PIN", () => {
  it("is tried once: a refusal is remembered, by the process and by whoever would start another one", async () => {
    writeFileSync(scene.pinFile, "wrong");
    const custodian = scene.open(scene.token());
    const errors = await Promise.all([1, 2, 3].map(() => thrownBy(() => custodian.connect())));
    expect(errors.map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => "BYOK_TOKEN_PIN_INCORRECT"));
    writeFileSync(scene.pinFile, "fake-pin-4711");
    await thrownBy(() => custodian.list());
    if (custodian.pid !== undefined) {
      process.kill(custodian.pid, "SIGKILL");
      await untilGone(custodian.pid);
    }
    await sleep(100);
    expect(await thrownBy(() => custodian.list())).toMatchObject({ code: "BYOK_TOKEN_PIN_INCORRECT" });
    expect(scene.count("C_Login")).toBe(1);
  });

  it("is asked for once when its reference fails", async () => {
    const custodian = scene.open(scene.token({}, { pin: `file:${scene.folder}/nothing` }));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await thrownBy(() => custodian.connect())).toMatchObject({ code: "BYOK_REFERENCE_UNRESOLVED" });
    }
    expect(scene.count("resolvePin")).toBe(1);
    expect(scene.count("C_Login")).toBe(0);
  });
});

onLinux("what the process is started with", () => {
  const read = (pid: number | undefined, file: string): string => readFileSync(`/proc/${String(pid)}/${file}`, "utf8");

  it("is an allow-list of the environment", async () => {
    const own = {
      PATH: process.env["PATH"],
      HOME: "/home/someone",
      https_proxy: "http://proxy.example",
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_ENDPOINT_URL: "https://evil.example",
      AWS_ENDPOINT_URL_KMS: "https://evil.example",
      AWS_CA_BUNDLE: "/evil",
      AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://evil.example",
      NODE_OPTIONS: "--no-warnings",
      NODE_EXTRA_CA_CERTS: "/evil",
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
      LD_PRELOAD: "",
      SSL_CERT_FILE: "/evil",
      PULUMI_CONFIG_PASSPHRASE: "secret",
    };
    const custodian = scene.open(undefined, { environment: own });
    await custodian.connect();
    const names = read(custodian.pid, "environ")
      .split("\0")
      .flatMap((line) => line.split("=")[0] ?? []);
    // What node's channel and the shell add, both fixed by us.
    const added = ["NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE", "PWD", "OLDPWD", "SHLVL", "_", ""];
    expect(names.filter((name) => !added.includes(name)).sort()).toEqual([
      "AWS_ACCESS_KEY_ID",
      "FAKE_SCRIPT",
      "HOME",
      "PATH",
      "https_proxy",
    ]);
  });

  it("forbids core dumps", async () => {
    const custodian = scene.open();
    await custodian.connect();
    expect(read(custodian.pid, "limits")).toMatch(/^Max core file size\s+0\s+0\s/m);
    expect(Number.parseInt(read(custodian.pid, "coredump_filter"), 16)).toBe(0);
  });

  it("never holds the PIN in environment or command line, unless the user put it into a variable", async () => {
    const custodian = scene.open();
    await custodian.connect();
    for (const file of ["environ", "cmdline"]) expect(read(custodian.pid, file)).not.toMatch(/fake-pin-4711(?!")/);
    expect(read(custodian.pid, "cmdline")).not.toContain(scene.pinFile);
    const fromVariable = scene.open(scene.token({}, { pin: "env:TEST_PIN" }), {
      environment: { PATH: process.env["PATH"], TEST_PIN: "fake-pin-4711" },
    });
    expect((await fromVariable.connect()).identity.label).toBe("fake");
  });
});

describe("credentials of a target", () => {
  it("cross with the request that needs them, and only those that it names", async () => {
    const custodian = scene.open(scene.token(), {
      environment: { PATH: process.env["PATH"], TEST_AWS_KEY: "value-of-the-variable", OTHER: "other" },
    });
    await custodian.generate(orders);
    const { target } = importRequest(arn, "AES_256");
    const connection = {
      ...target.connection,
      credentials: { accessKeyId: "env:TEST_AWS_KEY", secretAccessKey: "config:aws:secret" },
    };
    const configValues = { "config:aws:secret": "value-of-the-config" };
    await custodian.importInto(importRequest(arn, "AES_256", { target: { ...target, connection, configValues } }));
    await custodian.importInto(importRequest(arn, "AES_256"));
    expect(scene.events().filter((event) => event.startsWith("env"))).toEqual([
      'env value-of-the-variable config {"config:aws:secret":"value-of-the-config"}',
      "env undefined config {}",
    ]);
  });
});

describe("a provider that ends", () => {
  const provider = (act: "list" | "import", script: Partial<FakeScript> = {}) =>
    spawn(
      process.execPath,
      [
        path.join(__dirname, "doubles/provider-process.js"),
        JSON.stringify({ log: scene.log, pin: "fake-pin-4711", ...script }),
        `file:${scene.pinFile}`,
        act,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );

  const childPid = async (): Promise<number> => Number((await scene.until(/^start /)).slice("start ".length));

  it("is not kept alive by the process, which ends with it and prints into nothing", async () => {
    const child = provider("list");
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await once(child, "close");
    expect(child.exitCode).toBe(0);
    expect(output).toBe("made AES_256\n");
    await untilGone(await childPid());
    expect(scene.events().slice(-2)).toEqual(["shutdown", "exit 0"]);
  });

  it("by kill -9 stops an import before its next step", async () => {
    const child = provider("import", { slow: { wrap: 1_000 } });
    await scene.until(/^wrap$/);
    child.kill("SIGKILL");
    await untilGone(await childPid());
    expect(scene.events()).toContain("wrap done");
    expect(scene.events()).not.toContain("importKeyMaterial");
  });

  it("by kill -9 lets the step in flight end", async () => {
    const child = provider("import", { slow: { importKeyMaterial: 1_000 } });
    await scene.until(/^importKeyMaterial$/);
    child.kill("SIGKILL");
    await untilGone(await childPid());
    expect(scene.events()).toContain("importKeyMaterial done");
    expect(scene.events().at(-1)).toBe("exit 0");
  });

  it("does not leave a process behind whose module hangs", async () => {
    const child = provider("import", { hang: "wrap", limits: { drainMs: 100, killMs: 200 } });
    await scene.until(/^wrap$/);
    child.kill("SIGKILL");
    await untilGone(await childPid());
    expect(scene.events().at(-1)).toBe("wrap");
  });
});
