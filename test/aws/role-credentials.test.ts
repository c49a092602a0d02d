import { openKms } from "../../provider/aws/open-kms";
import { startLocalAws, type LocalAccount, type LocalAws } from "../../provider/local";
import { rolePolicy, type RoleScope } from "../../provider/model/permissions/role-policy";
import type { PermissionRole } from "../../provider/model/permissions/iam-actions";
import type { AwsConnection } from "../../provider/model/aws-connection";
import type { CreateKeyRequest, KmsPort } from "../../provider/model/ports/kms";
import { saying } from "./saying";

jest.setTimeout(60_000);

const ACCOUNT = "111122223333";
const scope: RoleScope = { account: ACCOUNT, regions: ["eu-central-1"] };
const caller = (name: string, role: PermissionRole): LocalAccount => ({
  id: ACCOUNT,
  accessKeyId: `AKIA${name.toUpperCase()}`,
  secretAccessKey: `secret of ${name}`,
  arn: `arn:aws:iam::${ACCOUNT}:user/${name}`,
  iamPolicy: JSON.stringify(rolePolicy(role, scope)),
});
const accounts = [caller("importer", "importer"), caller("destroyer", "destroyer"), caller("admin", "policy-admin")];
const configValues = Object.fromEntries(
  accounts.flatMap(({ accessKeyId, secretAccessKey, arn = "" }) => [
    [`${arn.split("/")[1] ?? ""}:id`, accessKeyId],
    [`${arn.split("/")[1] ?? ""}:secret`, secretAccessKey],
  ]),
);
const credentialsOf = (name: string): { accessKeyId: string; secretAccessKey: string } => ({
  accessKeyId: `config:${name}:id`,
  secretAccessKey: `config:${name}:secret`,
});

let aws: LocalAws;
beforeAll(async () => {
  aws = await startLocalAws({ accounts, https: false });
});
afterAll(() => aws.close());

const kmsWith = (roleCredentials?: AwsConnection["roleCredentials"]): KmsPort =>
  openKms(
    {
      region: "eu-central-1",
      account: ACCOUNT,
      endpoint: { kms: aws.endpoint, sts: aws.endpoint, tagging: aws.endpoint, iam: aws.endpoint },
      credentials: credentialsOf("importer"),
      ...(roleCredentials === undefined ? {} : { roleCredentials }),
    },
    { configValues },
  );
const divided = (): KmsPort => kmsWith({ destroy: credentialsOf("destroyer"), policy: credentialsOf("admin") });

const request = (more: Partial<CreateKeyRequest> = {}): CreateKeyRequest => ({
  spec: "SYMMETRIC_DEFAULT",
  usage: "ENCRYPT_DECRYPT",
  description: "",
  multiRegion: false,
  tags: { "byok:owner": "a".repeat(32), "byok:version": "1" },
  ...more,
});
const policyWith = (sid: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Sid: sid, Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "kms:*", Resource: "*" },
    ],
  });

describe("a connection with divided credentials", () => {
  it("makes keys with its own, and lets go of them with the destroyer's", async () => {
    const kms = divided();
    const { keyId } = await kms.createKey(request());
    await kms.createAlias("alias/divided", keyId);
    await kms.deleteAlias("alias/divided");
    expect(await kms.listAliases(keyId)).toEqual([]);
    await kms.scheduleDeletion(keyId, 30);
    await kms.cancelDeletion(keyId);
    expect((await kms.describeKey(keyId))?.state).toBe("PendingImport");
  });

  it("is held to the destroyer's waiting period", async () => {
    const kms = divided();
    const { keyId } = await kms.createKey(request());
    await expect(kms.scheduleDeletion(keyId, 7)).rejects.toMatchObject({
      code: "BYOK_AWS_ACCESS_DENIED",
      message: saying(":user/destroyer"),
    });
  });

  it("the importer alone can neither let go nor set a policy", async () => {
    const kms = kmsWith();
    const { keyId } = await kms.createKey(request());
    const refused = { code: "BYOK_AWS_ACCESS_DENIED", message: saying(":user/importer") };
    await expect(kms.scheduleDeletion(keyId, 30)).rejects.toMatchObject(refused);
    await expect(kms.deleteMaterial(keyId)).rejects.toMatchObject(refused);
    await expect(kms.putPolicy(keyId, policyWith("Mine"))).rejects.toMatchObject(refused);
    await expect(kms.createKey(request({ policy: policyWith("Mine") }))).rejects.toMatchObject({
      code: "BYOK_AWS_POLICY_REFUSED",
    });
  });

  it("gives a new key its policy with the policy-admin's, and leaves out AWS's default one", async () => {
    const kms = divided();
    const { keyId } = await kms.createKey(request({ policy: policyWith("Mine") }));
    expect(JSON.parse(await kms.getPolicy(keyId))).toMatchObject({ Statement: [{ Sid: "Mine" }] });
    const byDefault = JSON.stringify({
      Version: "2012-10-17",
      Id: "key-default-1",
      Statement: [
        {
          Sid: "Enable IAM User Permissions",
          Effect: "Allow",
          Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
          Action: "kms:*",
          Resource: "*",
        },
      ],
    });
    await expect(kmsWith().createKey(request({ policy: byDefault }))).resolves.toBeDefined();
  });
});
