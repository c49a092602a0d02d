import { execFileSync } from "node:child_process";
import { load } from "../../provider";
import { providerText } from "../../sdk/provider-text";
import { ProviderProcess } from "./fixtures/provider-process";

jest.setTimeout(120_000);

const kinds = [
  "SourceGroup",
  "SourceKey",
  "AwsKmsGroup",
  "AwsKmsKey",
  "AwsKeyInventory",
  "AwsAlias",
  "DeletionSchedule",
  "AzureKeyVaultGroup",
  "AzureKey",
  "AzureKeyInventory",
] as const;

describe("load", () => {
  it.each(kinds)("answers one object for %s, whoever asks", (kind) => {
    expect(load(kind)).toBe(load(kind));
  });

  it("tells kinds apart", () => {
    expect(new Set(kinds.map(load)).size).toBe(kinds.length);
  });

  it("says of a kind that it does not know what to do", () => {
    expect(() => load("XksKey")).toThrow(
      'The installed pulumi-byok knows no resource "XksKey"; a newer version made it. Run: npm install pulumi-byok@latest',
    );
  });

  /** The files that a fresh process has loaded once it has the providers of these kinds. */
  const loadedFor = (wanted: readonly string[]): string => {
    const provider = JSON.stringify(require.resolve("../../provider"));
    const script = `${JSON.stringify(wanted)}.forEach(require(${provider}).load); console.log(Object.keys(require.cache).join("\\n"));`;
    return execFileSync(process.execPath, ["-e", script], { encoding: "utf8" });
  };

  it("loads neither a cloud's SDK nor PKCS#11 before they are used", () => {
    const loaded = loadedFor(kinds);
    expect(loaded).toContain("zod");
    expect(loaded).not.toMatch(/node_modules\/(@aws-sdk|@smithy|@azure|pkcs11js)\//);
  });

  it("loads for copies in AWS nothing that only Azure, a list or a change needs", () => {
    const loaded = loadedFor(["SourceGroup", "SourceKey", "AwsKmsGroup", "AwsKmsKey"]);
    expect(loaded).toContain("lifecycle/aws-kms-key.js");
    expect(loaded).not.toMatch(/lifecycle\/(azure-|aws-key-inventory|deletion-schedule)/);
    expect(loaded).not.toMatch(/provider\/(aws\/open-|azure\/open-|custodian\/client)/);
  });
});

describe("the text in state, run by the real server", () => {
  it.each(kinds)("finds the installed package and refuses a wrong %s in one sentence", async (kind) => {
    const provider = await ProviderProcess.start({ withPackage: true });
    try {
      await provider.configure({});
      const { failures } = await provider.check({ __provider: providerText(kind), nonsense: 1 });
      expect(failures.map(({ reason }) => reason)).toContain(
        "nonsense: there is no such property. Correct its name, or remove it.",
      );
      expect(provider.printed).toBe("");
    } finally {
      await provider.stop();
    }
  });

  it("says in one sentence where the package is not installed, and how to install it", async () => {
    const provider = await ProviderProcess.start();
    try {
      await provider.configure({});
      const sentence = `pulumi-byok is not installed in ${provider.cwd}. Run: npm install pulumi-byok`;
      const record = { __provider: providerText("SourceKey") };
      await expect(provider.create(record)).rejects.toThrow(sentence);
      await expect(provider.delete(record)).rejects.toThrow(sentence);
      expect(provider.printed).not.toContain(" at ");
    } finally {
      await provider.stop();
    }
  });
});
