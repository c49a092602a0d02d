import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { CreateKeyCommand, DescribeKeyCommand, KMSClient, ListKeyRotationsCommand } from "@aws-sdk/client-kms";
import { openCustodian, type OpenCustodian } from "../../provider/custodian/client";
import { fingerprintDomains } from "../../provider/hsm/fingerprint-domains";
import { startLocalAws, type LocalAws } from "../../provider/local/index";
import { isAsymmetric, keySpecFacts, keySpecs, type KeySpec } from "../../provider/model/key-spec";
import type { ImportRequest, ProofMethod } from "../../provider/model/ports/custodian";
import { chooseWrapping } from "../../provider/model/wrapping";
import { createSoftHsmToken, type SoftHsmToken } from "../tokens/softhsm-token";
import { labOwner as owner } from "./doubles/requests";
import { thrownBy } from "./doubles/thrown-by";

jest.setTimeout(180_000);

const region = "eu-central-1";
const proofs: Readonly<Record<"aes" | "rsa" | "ec" | "hmac", ProofMethod>> = {
  aes: "key-material-id",
  rsa: "public-key",
  ec: "public-key",
  hmac: "mac",
};

let token: SoftHsmToken;
let aws: LocalAws;
let custodian: OpenCustodian;
let kms: KMSClient;
let accountId = "";
let configValues: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  token = await createSoftHsmToken();
  aws = await startLocalAws({ https: false, exposeMaterial: true });
  const [account] = aws.accounts;
  if (account === undefined) throw new Error("the local cloud has no account");
  const { id, accessKeyId, secretAccessKey } = account;
  kms = new KMSClient({ region, endpoint: aws.endpoint, credentials: { accessKeyId, secretAccessKey } });
  accountId = id;
  custodian = openCustodian(token.connection, {
    environment: { ...process.env, TEST_ACCESS_KEY: accessKeyId, AWS_ENDPOINT_URL: "http://127.0.0.1:1" },
  });
  configValues = { "aws:secretKey": secretAccessKey };
});

afterAll(async () => {
  kms.destroy();
  await custodian.end();
  await aws.close();
  await token.dispose();
});

async function importOf(spec: KeySpec, version: number): Promise<ImportRequest> {
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({
      Origin: "EXTERNAL",
      KeySpec: keySpecFacts[spec].aws,
      KeyUsage: keySpecFacts[spec].awsUsages[0],
    }),
  );
  const { abilities } = await custodian.connect();
  const choice = chooseWrapping({
    spec,
    abilities,
    minOaepHash: "sha1",
    partition: "aws",
    wrappingKeySpec: "RSA_3072",
  });
  if ("refused" in choice) throw new Error(choice.refused);
  return {
    owner,
    version,
    spec,
    rules: { allowedTargets: [], lab: true, minOaepHash: "sha1" },
    target: {
      connection: {
        region,
        account: accountId,
        endpoint: { kms: aws.endpoint, sts: aws.endpoint },
        quotas: { GetParametersForImport: 100 },
        credentials: { accessKeyId: "env:TEST_ACCESS_KEY", secretAccessKey: "config:aws:secretKey" },
      },
      keyArn: String(KeyMetadata?.Arn),
      configValues,
    },
    wrappingAlgorithm: choice.algorithm,
    wrappingKeySpec: choice.wrappingKeySpec,
    existing: false,
    copyName: `copy of ${spec}`,
  };
}

const expecting = (keyMaterialId: string | undefined): Pick<ImportRequest, "expectedKeyMaterialId"> =>
  keyMaterialId === undefined ? {} : { expectedKeyMaterialId: keyMaterialId };

/** The fingerprint that the token must show if it holds what the cloud holds. */
async function fingerprintInTheCloud(keyArn: string, spec: KeySpec): Promise<string> {
  const material = await aws.admin.materialOf(keyArn);
  const hash = createHash("sha256");
  if (!isAsymmetric(spec)) return hash.update(fingerprintDomains.key).update(material).digest("hex");
  const spki = createPublicKey(createPrivateKey({ key: material, format: "der", type: "pkcs8" })).export({
    format: "der",
    type: "spki",
  });
  return hash.update(fingerprintDomains.spki).update(spki).digest("hex");
}

describe("a key from SoftHSM to the local AWS KMS", () => {
  it.each(keySpecs.map((spec, index) => [spec, index + 1] as const))(
    "of type %s is generated, imported and proven",
    async (spec, version) => {
      const made = await custodian.generate({ owner, version, name: `key of type ${spec}`, spec });
      const request = await importOf(spec, version);
      const receipt = await custodian.importInto(request);
      const proof = proofs[keySpecFacts[spec].family];
      expect(receipt).toMatchObject({ proof, fingerprint: made.fingerprint, checkValue: made.checkValue });
      expect(await fingerprintInTheCloud(request.target.keyArn, spec)).toBe(made.fingerprint.value);
      const proven = await custodian.prove({ ...request, existing: true });
      expect(proven).toMatchObject({ proof });
      if (proof === "key-material-id") expect(proven.keyMaterialId).toBe(receipt.keyMaterialId);
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: request.target.keyArn }));
      expect(KeyMetadata).toMatchObject({ KeyState: "Enabled", ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" });
    },
  );

  it("keeps an expiry when a copy is proven", async () => {
    await custodian.generate({ owner, version: 1, name: "key of type AES_256", spec: "AES_256" });
    const validTo = new Date(Math.floor(Date.now() / 1000) * 1000 + 86_400_000);
    const request = { ...(await importOf("AES_256", 1)), validTo: validTo.toISOString() };
    await custodian.importInto(request);
    const { validTo: _, ...without } = request;
    await custodian.prove({ ...without, existing: true });
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: request.target.keyArn }));
    expect(KeyMetadata?.ValidTo).toEqual(validTo);
  });

  it("takes a further version beside the first, told apart by what is said of it, and takes each back again as itself", async () => {
    for (const version of [61, 62, 63]) await custodian.generate({ owner, version, name: "rotated", spec: "AES_256" });
    const first = await importOf("AES_256", 61);
    const { keyMaterialId: one } = await custodian.importInto(first);
    const second = { ...first, version: 62, additional: true };
    const { keyMaterialId: two } = await custodian.importInto(second);
    const { Rotations = [] } = await kms.send(
      new ListKeyRotationsCommand({ KeyId: first.target.keyArn, IncludeKeyMaterial: "ALL_KEY_MATERIAL" }),
    );
    expect(Rotations).toMatchObject([
      { KeyMaterialId: one, KeyMaterialState: "CURRENT" },
      {
        KeyMaterialId: two,
        KeyMaterialState: "PENDING_ROTATION",
        KeyMaterialDescription: `pulumi-byok v62 of ${owner}`,
      },
    ]);
    const again = { ...first, version: 62, existing: true };
    expect(await custodian.importInto({ ...again, ...expecting(two) })).toMatchObject({ keyMaterialId: two });
    expect(await thrownBy(() => custodian.importInto({ ...again, ...expecting(one) }))).toMatchObject({
      code: "BYOK_COPY_DIFFERS",
    });
    expect(await thrownBy(() => custodian.importInto({ ...first, version: 63, existing: true }))).toMatchObject({
      code: "BYOK_AWS_MATERIAL_REJECTED",
    });
    expect((await custodian.links(owner)).map(({ version }) => version)).toEqual(expect.arrayContaining([61, 62]));
  });

  it("is remembered by the token, and then not destroyed", async () => {
    const request = await importOf("HMAC_256", 50);
    await custodian.generate({ owner, version: 50, name: "key of type HMAC_256", spec: "HMAC_256" });
    await custodian.importInto(request);
    const [link] = (await custodian.links(owner)).filter(({ version }) => version === 50);
    expect(link).toMatchObject({ arn: request.target.keyArn, copyName: "copy of HMAC_256" });
    const version = { owner, version: 50 };
    expect(await thrownBy(() => custodian.destroy(version))).toMatchObject({ code: "BYOK_KEY_HAS_COPIES" });
    await custodian.noteDeletion(version, request.target.keyArn, "2000-01-01T00:00:00.000Z");
    await custodian.destroy(version);
    expect((await custodian.list(owner)).map((one) => one.version)).not.toContain(50);
  });

  it("is still there after the process that held it was killed", async () => {
    const before = await custodian.list(owner);
    if (custodian.pid !== undefined) process.kill(custodian.pid, "SIGKILL");
    const [first] = await Promise.allSettled([custodian.list(owner)]);
    const after = first.status === "fulfilled" ? first.value : await custodian.list(owner);
    expect(after).toEqual(before);
  });

  it("does not leave once it was closed", async () => {
    await custodian.generate({ owner, version: 60, name: "closed", spec: "AES_256" });
    const request = await importOf("AES_256", 60);
    expect(await custodian.close({ owner, version: 60 })).toMatchObject({ exportable: false });
    expect(await thrownBy(() => custodian.importInto(request))).toMatchObject({ code: "BYOK_KEY_NOT_EXPORTABLE" });
  });
});
