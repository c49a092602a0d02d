import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CredentialSource, type AwsChain } from "../../provider/aws/credential-source";
import type { AwsCredentialSource } from "../../provider/model/aws-connection";

const folder = mkdtempSync(join(tmpdir(), "byok-credentials-"));
const csv = join(folder, "keys.csv");

afterAll(() => rmSync(folder, { recursive: true }));

const none: AwsChain = () => Promise.reject(new Error("secret output of a process"));

function writeCsv(secret: string): void {
  writeFileSync(csv, `Access key ID,Secret access key\nAKIAEXAMPLE,${secret}\n`);
  chmodSync(csv, 0o600);
}

const secrets: string[] = [];
const heard = (secret: string): void => void secrets.push(secret);

function source(credentials: AwsCredentialSource | undefined, chain = none, now = Date.now): CredentialSource {
  const context = { configValues: { "app:key": "AKIACONFIG" }, env: { SECRET: "s", TOKEN: "t" } };
  return new CredentialSource({ region: "eu-central-1", credentials }, context, chain, heard, now);
}

describe("the credentials of a connection", () => {
  it("come from the console's CSV file", async () => {
    writeCsv("one");
    expect(await source({ csv: `file:${csv}` }).identity()).toEqual({
      accessKeyId: "AKIAEXAMPLE",
      secretAccessKey: "one",
    });
  });

  it("come from three references", async () => {
    const references = { accessKeyId: "config:app:key", secretAccessKey: "env:SECRET", sessionToken: "env:TOKEN" };
    secrets.length = 0;
    expect(await source(references).identity()).toEqual({
      accessKeyId: "AKIACONFIG",
      secretAccessKey: "s",
      sessionToken: "t",
    });
    expect(secrets).toEqual(["s", "t"]);
  });

  it("name the property whose reference does not resolve, or is no reference", async () => {
    const missing = source({ accessKeyId: "config:app:key", secretAccessKey: "env:MISSING" }).identity();
    await expect(missing).rejects.toMatchObject({
      code: "BYOK_REFERENCE_UNRESOLVED",
      property: "credentials.secretAccessKey",
    });
    const literal = source({ accessKeyId: "AKIAEXAMPLE", secretAccessKey: "env:SECRET" }).identity();
    await expect(literal).rejects.toMatchObject({
      code: "BYOK_REFERENCE_INVALID",
      property: "credentials.accessKeyId",
    });
  });

  it("come from the chain, which is asked for the profile", async () => {
    const chain: AwsChain = (profile) => Promise.resolve({ accessKeyId: profile ?? "default", secretAccessKey: "x" });
    expect((await source(undefined, chain).identity()).accessKeyId).toBe("default");
    expect((await source({ profile: "ci" }, chain).identity()).accessKeyId).toBe("ci");
  });

  it("say where they were looked for when there are none, and not what was found there", async () => {
    for (const credentials of [undefined, { profile: "ci" }]) {
      const error: unknown = await source(credentials)
        .identity()
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "BYOK_AWS_CREDENTIALS" });
      expect(String(error)).not.toContain("secret output");
    }
  });

  it("are kept for a few minutes, then looked up again", async () => {
    writeCsv("one");
    let now = 0;
    const credentials = source({ csv: `file:${csv}` }, none, () => now);
    await credentials.identity();
    writeCsv("two");
    now += 4 * 60_000;
    expect((await credentials.identity()).secretAccessKey).toBe("one");
    now += 2 * 60_000;
    expect((await credentials.identity()).secretAccessKey).toBe("two");
  });

  it("are renewed some minutes before their date", async () => {
    let asked = 0;
    let now = 0;
    const chain: AwsChain = () => {
      asked += 1;
      return Promise.resolve({ accessKeyId: "a", secretAccessKey: "b", expiration: new Date(now + 3_600_000) });
    };
    const credentials = source(undefined, chain, () => now);
    await credentials.identity();
    now += 50 * 60_000;
    await credentials.identity();
    expect(asked).toBe(1);
    now += 6 * 60_000;
    await credentials.identity();
    expect(asked).toBe(2);
  });

  it("are looked up once for all who need them at the same time", async () => {
    let asked = 0;
    const credentials = source(undefined, () => {
      asked += 1;
      return Promise.resolve({ accessKeyId: "a", secretAccessKey: "b" });
    });
    await Promise.all([credentials.identity(), credentials.identity(), credentials.identity()]);
    expect(asked).toBe(1);
  });

  it("that were rotated are found by everybody who was refused, with one look", async () => {
    writeCsv("old");
    const credentials = source({ csv: `file:${csv}` });
    await credentials.identity();
    const seen = credentials.generation;
    expect(await credentials.renew(seen)).toBe(false);
    writeCsv("new");
    expect(await Promise.all([credentials.renew(seen), credentials.renew(seen)])).toEqual([true, true]);
    expect(await credentials.renew(seen)).toBe(true);
    expect((await credentials.identity()).secretAccessKey).toBe("new");
    expect(await credentials.renew(credentials.generation)).toBe(false);
  });

  it("are tried again after a failure", async () => {
    let fails = true;
    const credentials = source(undefined, () =>
      fails ? Promise.reject(new Error("no")) : Promise.resolve({ accessKeyId: "a", secretAccessKey: "b" }),
    );
    await expect(credentials.identity()).rejects.toThrow();
    fails = false;
    expect((await credentials.identity()).accessKeyId).toBe("a");
  });
});
