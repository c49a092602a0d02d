import { kmsImportPort } from "../../provider/aws/open-kms-import";
import { kmsPort } from "../../provider/aws/open-kms";
import { ByokError } from "../../provider/model/errors";
import { arnOf, awsError, FakeAws, metadata, networkError } from "./fake-aws";

const KEY = "11111111-2222-3333-4444-555555555555";
const notFound = awsError("NotFoundException", `Key '${arnOf(KEY)}' does not exist`);
const described = { KeyMetadata: metadata(KEY) };
const request = {
  spec: "SYMMETRIC_DEFAULT",
  usage: "ENCRYPT_DECRYPT",
  description: "d",
  multiRegion: false,
  tags: { "byok:owner": "me" },
} as const;

describe("reading a key", () => {
  it("believes a not-found only after a second look", async () => {
    const gone = new FakeAws({ DescribeKey: [notFound] });
    expect(await gone.time.run(kmsPort(gone.caller()).describeKey(KEY))).toBeUndefined();
    expect(gone.count("DescribeKey")).toBe(2);
    expect(gone.time.now()).toBeGreaterThan(0);
    const late = new FakeAws({ DescribeKey: [notFound, described] });
    expect(await late.time.run(kmsPort(late.caller()).describeKey(KEY))).toMatchObject({ keyId: KEY });
  });

  it.each([awsError("AccessDeniedException"), networkError("ENOTFOUND"), awsError("ExpiredTokenException")])(
    "never takes %s for a missing key",
    async (error) => {
      const aws = new FakeAws({ DescribeKey: [error] });
      await expect(aws.time.run(kmsPort(aws.caller()).describeKey(KEY))).rejects.toThrow(ByokError);
    },
  );

  it("waits for a key that this process has just created, in every call on it", async () => {
    const unseen = [notFound, notFound, notFound, notFound];
    const aws = new FakeAws({
      CreateKey: [described],
      DescribeKey: [...unseen, described],
      ListResourceTags: [...unseen, { Tags: [] }],
      GetKeyPolicy: [...unseen, { Policy: "{}" }],
      ListGrants: [...unseen, { Grants: [] }],
      ListAliases: [...unseen, { Aliases: [] }],
      CreateAlias: [...unseen, {}],
      TagResource: [...unseen, {}],
      PutKeyPolicy: [...unseen, {}],
      UpdateKeyDescription: [...unseen, {}],
      EnableKey: [...unseen, {}],
      DisableKey: [...unseen, {}],
      UntagResource: [...unseen, {}],
    });
    const port = kmsPort(aws.caller());
    const { arn } = await aws.time.run(port.createKey(request));
    const all = [
      port.describeKey(arn),
      port.listTags(KEY),
      port.getPolicy(KEY),
      port.listGrants(arn),
      port.listAliases(arn),
      port.createAlias("alias/a", arn),
      port.tag(arn, { a: "b" }),
      port.putPolicy(arn, "{}"),
      port.setDescription(arn, "x"),
      port.enable(arn),
      port.disable(arn),
      port.untag(arn, ["a"]),
    ];
    await expect(aws.time.run(Promise.all(all))).resolves.toBeDefined();
  });

  it("does not wait for a key that somebody else named", async () => {
    const aws = new FakeAws({ ListResourceTags: [notFound] });
    await expect(aws.time.run(kmsPort(aws.caller()).listTags(KEY))).rejects.toMatchObject({
      code: "BYOK_AWS_NOT_FOUND",
    });
    expect(aws.count("ListResourceTags")).toBe(1);
  });

  it("tells everything that is known of it", async () => {
    const at = new Date(1_800_000_000_000);
    const more = {
      KeyState: "PendingDeletion",
      Description: "payments",
      MultiRegion: true,
      ExpirationModel: "KEY_MATERIAL_EXPIRES",
      ValidTo: at,
      DeletionDate: at,
      CurrentKeyMaterialId: "ab".repeat(32),
    } as const;
    const aws = new FakeAws({ DescribeKey: [{ KeyMetadata: metadata(KEY, more) }] });
    expect(await aws.time.run(kmsPort(aws.caller()).describeKey(KEY))).toEqual({
      keyId: KEY,
      arn: arnOf(KEY),
      account: "111122223333",
      region: "eu-central-1",
      state: "PendingDeletion",
      origin: "EXTERNAL",
      manager: "CUSTOMER",
      spec: "SYMMETRIC_DEFAULT",
      usage: "ENCRYPT_DECRYPT",
      description: "payments",
      multiRegion: true,
      createdAt: new Date(0),
      expires: true,
      validTo: at,
      deletionDate: at,
      keyMaterialId: "ab".repeat(32),
    });
  });

  it("refuses an answer that describes no key", async () => {
    for (const KeyMetadata of [undefined, { KeyId: KEY }, metadata(KEY, { Arn: "arn:aws:s3:::bucket" })]) {
      const aws = new FakeAws({ DescribeKey: () => ({ KeyMetadata }) });
      await expect(aws.time.run(kmsPort(aws.caller()).describeKey(KEY))).rejects.toMatchObject({
        code: "BYOK_AWS_FAILED",
      });
    }
  });

  it("follows listings to their end", async () => {
    const aws = new FakeAws({
      ListGrants: (input) =>
        input.Marker === undefined
          ? {
              Grants: [{ GrantId: "g1", GranteePrincipal: "p", Operations: ["Decrypt"] }],
              Truncated: true,
              NextMarker: "m",
            }
          : { Grants: [{ GrantId: "g2" }], Truncated: false, NextMarker: "not followed" },
    });
    expect(await aws.time.run(kmsPort(aws.caller()).listGrants(KEY))).toEqual([
      { grantId: "g1", grantee: "p", operations: ["Decrypt"] },
      { grantId: "g2", grantee: "", operations: [] },
    ]);
  });

  it("ends a listing whose marker goes round in circles", async () => {
    const aws = new FakeAws({ ListGrants: () => ({ Grants: [], Truncated: true, NextMarker: "again" }) });
    expect(await aws.time.run(kmsPort(aws.caller()).listGrants(KEY))).toEqual([]);
    expect(aws.count("ListGrants")).toBe(2);
  });
});

describe("aliases", () => {
  const exists = awsError("AlreadyExistsException");

  it("that exist already are a success only where they point to the key", async () => {
    const mine = new FakeAws({ CreateAlias: [exists], DescribeKey: [described] });
    await mine.time.run(kmsPort(mine.caller()).createAlias("alias/a", arnOf(KEY)));
    const theirs = new FakeAws({
      CreateAlias: [exists],
      DescribeKey: (input) => (input.KeyId === "alias/a" ? { KeyMetadata: metadata("other") } : described),
    });
    await expect(theirs.time.run(kmsPort(theirs.caller()).createAlias("alias/a", KEY))).rejects.toMatchObject({
      code: "BYOK_AWS_ALREADY_EXISTS",
    });
  });

  it("that are free are found free at the first look, since creating one that is taken is refused", async () => {
    const aws = new FakeAws({ DescribeKey: [notFound] });
    expect(await aws.time.run(kmsPort(aws.caller()).aliasTarget("alias/a"))).toBeUndefined();
    expect(aws.count("DescribeKey")).toBe(1);
    expect(aws.time.now()).toBe(0);
  });

  it("whose creation was answered late and that do not show yet are looked at twice before another key is blamed", async () => {
    let looks = 0;
    const aws = new FakeAws({
      CreateAlias: [exists],
      DescribeKey: (input) => {
        if (input.KeyId !== "alias/a") return described;
        looks += 1;
        return looks === 1 ? notFound : described;
      },
    });
    await aws.time.run(kmsPort(aws.caller()).createAlias("alias/a", KEY));
    expect(looks).toBe(2);
  });

  it("that are gone are deleted, and those that are there are not", async () => {
    const gone = new FakeAws({ DeleteAlias: [notFound], DescribeKey: [notFound] });
    await gone.time.run(kmsPort(gone.caller()).deleteAlias("alias/a"));
    const there = new FakeAws({ DeleteAlias: [notFound], DescribeKey: [described] });
    await expect(there.time.run(kmsPort(there.caller()).deleteAlias("alias/a"))).rejects.toMatchObject({
      code: "BYOK_AWS_NOT_FOUND",
    });
  });

  it("are listed where their key may not be described", async () => {
    const aws = new FakeAws({
      DescribeKey: [awsError("AccessDeniedException")],
      ListAliases: [{ Aliases: [{ AliasName: "alias/aws/s3" }, { AliasName: "alias/a", TargetKeyId: KEY }] }],
    });
    const port = kmsPort(aws.caller());
    expect(await aws.time.run(port.aliasTarget("alias/a"))).toBe(KEY);
    expect(await aws.time.run(port.aliasTarget("alias/b"))).toBeUndefined();
  });

  it("are read again while the answer contradicts what this process wrote a moment ago", async () => {
    const old = { KeyMetadata: metadata("old") };
    const aws = new FakeAws({
      DescribeKey: [old, old, described],
      ListAliases: [{ Aliases: [] }, { Aliases: [{ AliasName: "alias/a" }] }],
    });
    const port = kmsPort(aws.caller());
    await aws.time.run(port.updateAlias("alias/a", KEY));
    expect(await aws.time.run(port.aliasTarget("alias/a"))).toBe(KEY);
    expect(await aws.time.run(port.listAliases(KEY))).toEqual(["alias/a"]);
  });

  it("are believed in the end, even when they contradict", async () => {
    const aws = new FakeAws({ DescribeKey: [{ KeyMetadata: metadata("somebody-else") }] });
    const port = kmsPort(aws.caller());
    await aws.time.run(port.updateAlias("alias/a", KEY));
    expect(await aws.time.run(port.aliasTarget("alias/a"))).toBe("somebody-else");
    expect(aws.time.now()).toBeLessThan(30_000);
  });
});

describe("deletion", () => {
  const invalid = awsError("KMSInvalidStateException", "is pending deletion");
  const pending = { KeyMetadata: metadata(KEY, { KeyState: "PendingDeletion", DeletionDate: new Date(7) }) };

  it("that was scheduled although its answer was lost is a success", async () => {
    const aws = new FakeAws({ ScheduleKeyDeletion: [networkError("ECONNRESET"), invalid], DescribeKey: [pending] });
    expect(await aws.time.run(kmsPort(aws.caller()).scheduleDeletion(KEY, 30))).toEqual(new Date(7));
  });

  it("that somebody else scheduled is not", async () => {
    const aws = new FakeAws({ ScheduleKeyDeletion: [invalid], DescribeKey: [pending] });
    await expect(aws.time.run(kmsPort(aws.caller()).scheduleDeletion(KEY, 30))).rejects.toMatchObject({
      code: "BYOK_AWS_INVALID_STATE",
    });
  });

  it("is cancelled where nothing is scheduled any more, and not where it still is", async () => {
    const done = new FakeAws({
      CancelKeyDeletion: [invalid],
      DescribeKey: [{ KeyMetadata: metadata(KEY, { KeyState: "Disabled" }) }],
    });
    await done.time.run(kmsPort(done.caller()).cancelDeletion(KEY));
    const waits = new FakeAws({ CancelKeyDeletion: [invalid], DescribeKey: [pending] });
    await expect(waits.time.run(kmsPort(waits.caller()).cancelDeletion(KEY))).rejects.toThrow(ByokError);
  });
});

describe("the port of the custodian", () => {
  it("hands over what an import needs, and the state that KMS answers", async () => {
    const aws = new FakeAws({
      GetParametersForImport: [
        {
          PublicKey: Uint8Array.of(1),
          ImportToken: Uint8Array.of(2),
          ParametersValidTo: new Date(9),
          KeyId: arnOf(KEY),
        },
      ],
      ImportKeyMaterial: [{ KeyMaterialId: "id", KeyId: arnOf(KEY) }],
      GetPublicKey: [{ PublicKey: Uint8Array.of(3) }],
      GenerateMac: [{ Mac: Uint8Array.of(4) }],
    });
    const port = kmsImportPort(aws.caller());
    const parameters = await aws.time.run(port.getParametersForImport(KEY, "RSAES_OAEP_SHA_256", "RSA_4096"));
    expect(parameters).toEqual({ publicKey: Buffer.of(1), importToken: Buffer.of(2), validTo: new Date(9) });
    const material = { keyId: KEY, importToken: Buffer.of(2), encryptedKeyMaterial: Buffer.of(5) };
    expect(await aws.time.run(port.importKeyMaterial(material))).toEqual({ keyMaterialId: "id" });
    await aws.time.run(
      port.importKeyMaterial({ ...material, validTo: new Date(10), importType: "EXISTING_KEY_MATERIAL" }),
    );
    expect(aws.log.filter(({ api }) => api === "ImportKeyMaterial").map(({ input }) => input)).toMatchObject([
      { ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" },
      { ExpirationModel: "KEY_MATERIAL_EXPIRES", ValidTo: new Date(10), ImportType: "EXISTING_KEY_MATERIAL" },
    ]);
    expect(await aws.time.run(port.getPublicKey(KEY))).toEqual(Buffer.of(3));
    expect(await aws.time.run(port.generateMac(KEY, "HMAC_SHA_256", Buffer.of(0)))).toEqual(Buffer.of(4));
  });

  it("repeats an import whose answer was lost, but not one of material announced as new", async () => {
    const lost = networkError("ECONNRESET");
    const material = { keyId: KEY, importToken: Buffer.of(2), encryptedKeyMaterial: Buffer.of(5) };
    const again = new FakeAws({ ImportKeyMaterial: [lost, { KeyMaterialId: "id" }] });
    expect(await again.time.run(kmsImportPort(again.caller()).importKeyMaterial(material))).toEqual({
      keyMaterialId: "id",
    });
    const once = new FakeAws({ ImportKeyMaterial: [lost] });
    const call = kmsImportPort(once.caller()).importKeyMaterial({ ...material, importType: "NEW_KEY_MATERIAL" });
    await expect(once.time.run(call)).rejects.toMatchObject({ retryable: true });
    expect(once.count("ImportKeyMaterial")).toBe(1);
  });

  it("waits for a key that the provider has just made, but not for ever", async () => {
    const late = new FakeAws({ GetParametersForImport: [notFound, notFound, awsError("KMSInvalidStateException")] });
    const call = kmsImportPort(late.caller()).getParametersForImport(KEY, "RSAES_OAEP_SHA_256", "RSA_4096");
    await expect(late.time.run(call)).rejects.toMatchObject({ code: "BYOK_AWS_INVALID_STATE" });
    const never = new FakeAws({ GetParametersForImport: [notFound] });
    const missing = kmsImportPort(never.caller({ quotas: { GetParametersForImport: 1000 } }));
    const gone = missing.getParametersForImport(KEY, "RSAES_OAEP_SHA_256", "RSA_4096");
    await expect(never.time.run(gone)).rejects.toMatchObject({ code: "BYOK_AWS_NOT_FOUND" });
    expect(never.time.now()).toBeLessThan(30_000);
  });

  it("refuses an answer without a key or a token", async () => {
    const aws = new FakeAws({ GetParametersForImport: [{ PublicKey: Uint8Array.of(1) }], GetPublicKey: [{}] });
    const port = kmsImportPort(aws.caller());
    const call = port.getParametersForImport(KEY, "RSAES_OAEP_SHA_256", "RSA_4096");
    await expect(aws.time.run(call)).rejects.toMatchObject({ code: "BYOK_AWS_FAILED" });
    await expect(aws.time.run(port.getPublicKey(KEY))).rejects.toMatchObject({ code: "BYOK_AWS_FAILED" });
  });
});
