import { tokenUsers } from "../../provider/cli/token-users";

const owner = "00".padEnd(32, "a");
const resource = (kind: string, name: string, outputs: object, more: object = {}): object => ({
  urn: `urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:${kind}::${name}`,
  type: `pulumi-nodejs:dynamic/byok:${kind}`,
  ...{ outputs, ...more },
});
const inAws = (version: number, keyState: string, sourceVersion = version): object => ({
  ...{ version, keyId: String(version), arn: `arn:${version}`, keyState },
  from: { origin: "EXTERNAL", owner, sourceVersion },
});
const inAzure = (version: number, more: object): object => ({
  ...{ version, keyVersion: "0", id: `https://v/keys/k/${version}`, enabled: true, createdOn: "2030-01-01T00:00:00Z" },
  ...{ origin: "EXTERNAL", ...more },
});
const users = (...resources: readonly object[]): ReturnType<typeof tokenUsers> =>
  tokenUsers({ deployment: { resources } });

it("knows a source key and when its versions were made, as far as the stack was there", () => {
  const versions = [{ version: 1 }, { version: 2, createdAt: "2030-01-01T00:00:00.000Z" }];
  const known = users(resource("SourceKey", "master", { owner, versions }));
  expect([known.sourceKey(owner), known.sourceKey("0")]).toEqual(["master", undefined]);
  expect(known.madeAt({ owner, version: 2 })).toBe("2030-01-01T00:00:00.000Z");
  expect(known.madeAt({ owner, version: 1 })).toBeUndefined();
});

it("knows every key whose present or former version holds kept material, on both clouds", () => {
  const known = users(
    resource("AwsKmsKey", "payments", { versions: JSON.stringify([inAws(1, "Disabled"), inAws(2, "Enabled")]) }),
    resource("AwsKmsKey", "ledger", { facts: JSON.stringify({ versions: [inAws(1, "Enabled")] }) }),
    resource("AzureKey", "signing", {
      versions: JSON.stringify([
        inAzure(1, { sourceOwner: owner }),
        inAzure(5, { sourceOwner: owner, sourceVersion: 2 }),
      ]),
    }),
  );
  expect(known.holders({ owner, version: 1 })).toEqual(["payments", "ledger", "signing"]);
  expect(known.holders({ owner, version: 2 })).toEqual(["payments", "signing"]);
  expect(known.holders({ owner, version: 5 })).toEqual([]);
});

it("counts the old half of a replacement, and no KMS key that AWS has deleted", () => {
  const versions = JSON.stringify([inAws(1, "Destroyed"), inAws(2, "PendingDeletion")]);
  const known = users(resource("AwsKmsKey", "payments", { versions }, { delete: true }));
  expect([1, 2].map((version) => known.holders({ owner, version }))).toEqual([[], ["payments"]]);
});

it("names what it cannot read, and passes by what has no versions yet", () => {
  const known = users(
    resource("AwsKmsKey", "not made yet", {}),
    resource("AwsKmsKey", "damaged", { versions: "{" }),
    resource("AwsKmsKey", "hidden", {
      versions: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" },
    }),
    resource("AwsKmsKey", "newer", { versions: JSON.stringify([{ version: "1" }]) }),
    resource("AzureKey", "newer in Azure", { versions: JSON.stringify([{ version: 1 }]) }),
    resource("AwsKmsKey", "hidden findings", { facts: "ciphertext" }),
    resource("SourceKey", "half", {}),
    resource("AwsKmsGroup", "group", { versions: "[]" }),
  );
  expect(known.holders({ owner, version: 1 })).toEqual([]);
  expect(known.unreadable).toEqual(["damaged", "hidden", "newer", "newer in Azure", "hidden findings", "half"]);
});
