import { keyTree } from "../../provider/cli/key-tree";
import { printTree } from "../../provider/cli/print-tree";

const urn = (kind: string, name: string): string => `urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:${kind}::${name}`;
const resource = (kind: string, name: string, outputs: unknown, extra: object = {}): object => ({
  urn: urn(kind, name),
  type: `pulumi-nodejs:dynamic/byok:${kind}`,
  outputs,
  ...extra,
});
const owner = "a".repeat(32);
const source = resource("SourceKey", "master", {
  owner,
  spec: "AES_256",
  versions: [
    { version: 1, fingerprint: { method: "sha256", value: "11" }, checkValue: "0a0b0c", state: "exportable" },
    { version: 2, fingerprint: { method: "sha256", value: "22" }, checkValue: "0d0e0f", state: "exportable" },
  ],
});
const copy = (name: string, sourceVersion: number, more: object = {}): object =>
  resource("AwsKmsKey", name, {
    arn: `arn:aws:kms:eu-central-1:123456789012:key/${name}`,
    keyState: "Enabled",
    spec: "AES_256",
    version: sourceVersion,
    aliases: [`alias/${name}`],
    group: JSON.stringify({ name: "frankfurt" }),
    material: { source: JSON.stringify({ name: "master", owner }) },
    proof: JSON.stringify({ method: "key-material-id", fingerprint: `sha256:${sourceVersion}${sourceVersion}` }),
    link: JSON.stringify({ at: "2026-01-02T03:04:05Z", by: "arn:aws:iam::123456789012:user/ci", sourceVersion }),
    ...more,
  });
const state = (...resources: readonly object[]): object => ({ version: 3, deployment: { resources } });

describe("the tree of a stack", () => {
  it("hangs each copy under the version whose material it holds", () => {
    const [tree] = keyTree(state(source, copy("old", 1), copy("new", 2)));
    expect(tree?.versions.map((version) => version.copies.map((each) => each.name))).toEqual([["old"], ["new"]]);
  });

  it("hangs the former keys of a rotated copy under the versions that they hold", () => {
    const id = (name: string): object => ({ keyId: name, arn: `arn:aws:kms:eu-central-1:123456789012:key/${name}` });
    const former = {
      ...id("former"),
      keyState: "Disabled",
      importedAt: "2026-01-01T00:00:00Z",
      fingerprint: "sha256:11",
    };
    const versions = [
      { version: 1, ...former },
      { version: 2, ...id("payments"), keyState: "Enabled" },
    ];
    const trees = keyTree(state(source, copy("payments", 2, { versions: JSON.stringify(versions) })));
    expect(
      trees[0]?.versions.map((version) => version.copies.map(({ arn, keyState }) => [arn.slice(-8), keyState])),
    ).toEqual([[["y/former", "Disabled"]], [["payments", "Enabled"]]]);
    expect(printTree(trees)).toContain("shown to be the same key when it was imported");
  });

  it("shows copies of a source key that another stack keeps", () => {
    const [tree] = keyTree(state(copy("payments", 3)));
    expect(tree).toMatchObject({ name: "master", inStack: false, versions: [{ version: 3 }] });
  });

  it("shows keys whose material came from a file or from AWS, and that nothing proves the latter", () => {
    const file = copy("partner", 1, { material: { file: "./partner.bin", encoding: "raw", spec: "AES_256" } });
    const native = copy("native", 1, {
      material: { native: true, spec: "AES_256" },
      proof: undefined,
      link: undefined,
    });
    const trees = keyTree(state(source, file, native));
    expect(trees.map(({ name, keptBy }) => [name, keptBy])).toEqual([
      ["master", undefined],
      ["./partner.bin", "handed over in a file"],
      ["AWS", "made by AWS, and nowhere else"],
    ]);
    expect(printTree(trees)).toContain("AWS made its material; there is nothing to prove it by");
  });

  it("shows each version of a key in Azure, and says of a former one and of Azure's own no more than is known", () => {
    const azureKey = (name: string, version: number, more: Readonly<Record<string, unknown>>): object =>
      resource("AzureKey", name, {
        ...{ spec: "EC_P256", keyState: "Enabled", version, group: JSON.stringify({ name: "vault" }) },
        ...Object.fromEntries(Object.entries(more).map(([output, value]) => [output, JSON.stringify(value)])),
      });
    const id = (version: string): string => `https://payments.vault.azure.net/keys/k/${version.repeat(32)}`;
    const entry = { enabled: true, createdOn: "2026-06-01T00:00:00Z" };
    const copied = { ...entry, origin: "HSM", source: "ec", sourceOwner: "a".repeat(32), fingerprint: "spki:ff" };
    const text = printTree(
      keyTree(
        state(
          azureKey("signing", 2, {
            proof: { method: "public-key", fingerprint: "spki:ff", versionId: id("2") },
            link: { at: "2026-07-01T00:00:00Z", by: "caller", sourceVersion: 2 },
            versions: [
              { ...copied, version: 1, sourceVersion: 1, keyVersion: "1".repeat(32), id: id("1") },
              { ...copied, version: 2, sourceVersion: 2, keyVersion: "2".repeat(32), id: id("2") },
            ],
          }),
          azureKey("native", 1, {
            versions: [{ ...entry, origin: "AZURE", version: 1, keyVersion: "3".repeat(32), id: id("3") }],
          }),
          azureKey("by-file", 1, {
            proof: { method: "not compared", versionId: id("4") },
            versions: [
              { ...entry, origin: "EXTERNAL", source: "a.byok", version: 1, keyVersion: "4".repeat(32), id: id("4") },
            ],
          }),
        ),
      ),
    );
    expect(text).toContain("shown to be the same key when it was imported");
    expect(text).toContain("the same key by public key");
    expect(text).toContain("Azure made its material; there is nothing to prove it by");
    expect(text).toMatch(/a\.byok {2}EC_P256 {2}\(handed over in a file\)[^]*not proven to be the same key/);
    expect(text).not.toMatch(/by proven|by not|by $|AWS/m);
  });

  it("passes over what is no resource of ours, such as a provider without outputs", () => {
    const provider = {
      urn: "urn:pulumi:prod::pay::pulumi:providers:pulumi-nodejs::default",
      type: "pulumi:providers:pulumi-nodejs",
    };
    expect(keyTree(state(provider, source))).toHaveLength(1);
  });

  it("leaves out the old half of a replacement", () => {
    const [tree] = keyTree(state(source, resource("AwsKmsKey", "gone", {}, { delete: true })));
    expect(tree?.versions.flatMap((version) => version.copies)).toEqual([]);
  });

  it("tells what is unfinished and what was never proven", () => {
    const text = printTree(
      keyTree(state(source, copy("half", 1, { proof: undefined, pending: ["import the key material"] }))),
    );
    expect(text).toContain("not proven to be the same key");
    expect(text).toContain("still to do: import the key material");
  });

  it("shows the replicas of a multi-Region key under it", () => {
    const replica = { region: "eu-west-1", arn: "arn:in-ireland", keyState: "PendingImport", aliases: ["alias/far"] };
    const text = printTree(keyTree(state(source, copy("payments", 1, { replicas: [replica] }))));
    expect(text).toMatch(/└─ replica in eu-west-1 {2}PendingImport\n.*arn:in-ireland\n.*alias\/far/);
  });

  it("shows source, version, check value, copy, caller and proof to a person", () => {
    const text = printTree(keyTree(state(source, copy("payments", 1))));
    for (const part of [
      "master  AES_256",
      "version 1",
      "0a0b0c",
      "frankfurt",
      "user/ci",
      "the same key by key material id",
      "alias/payments",
    ]) {
      expect(text).toContain(part);
    }
  });

  it("says so when there is nothing", () => {
    expect(printTree(keyTree(state()))).toContain("no source keys");
  });
});
