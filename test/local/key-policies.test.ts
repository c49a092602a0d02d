import {
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  type KMSClient,
  ListGrantsCommand,
  ListRetirableGrantsCommand,
  PutKeyPolicyCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import type { LocalAccount, LocalAws } from "../../provider/local";
import { alice, bob, endClouds, startCloud, targetOf } from "./cloud-fixture";
import { createKey, kmsClient, refusalOf } from "./kms-client";

const carol: LocalAccount = {
  id: alice.id,
  accessKeyId: "AKIATESTCAROL",
  secretAccessKey: "secret of carol",
  arn: `arn:aws:iam::${alice.id}:user/carol`,
  iamPolicy: JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "kms:Describe*", Resource: "*" }],
  }),
};
const aliceArn = `arn:aws:iam::${alice.id}:user/local`;
const bobArn = `arn:aws:iam::${bob.id}:user/local`;
const root = { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${alice.id}:root` }, Action: "kms:*", Resource: "*" };

let cloud: LocalAws;
let ofAlice: KMSClient;
let ofBob: KMSClient;
let ofCarol: KMSClient;

beforeEach(async () => {
  cloud = await startCloud({ accounts: [alice, bob, carol] });
  ofAlice = kmsClient(targetOf(cloud, alice));
  ofBob = kmsClient(targetOf(cloud, bob));
  ofCarol = kmsClient(targetOf(cloud, carol));
});
afterEach(endClouds);

function policy(...statements: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

const encrypt = (KeyId: string): EncryptCommand => new EncryptCommand({ KeyId, Plaintext: Buffer.from("x") });

describe("a key policy", () => {
  it("that names the account lets its IAM policies decide", async () => {
    const key = await createKey(ofAlice);
    await ofCarol.send(new DescribeKeyCommand({ KeyId: key.KeyId }));
    expect(await refusalOf(ofCarol.send(encrypt(key.KeyId)))).toEqual({
      name: "AccessDeniedException",
      status: 400,
      message: `User: ${carol.arn ?? ""} is not authorized to perform: kms:Encrypt on resource: ${key.Arn} because no identity-based policy allows the kms:Encrypt action`,
    });
  });

  it("that names a person needs no IAM policy", async () => {
    const Policy = policy(root, {
      Effect: "Allow",
      Principal: { AWS: carol.arn },
      Action: ["kms:Encrypt"],
      Resource: "*",
    });
    const key = await createKey(ofAlice, { Policy });
    await ofCarol.send(encrypt(key.KeyId));
  });

  it("that names others only refuses the rest of the account", async () => {
    const Policy = policy({ Effect: "Allow", Principal: { AWS: aliceArn }, Action: "kms:*", Resource: "*" });
    const key = await createKey(ofAlice, { Policy });
    const refusal = await refusalOf(ofCarol.send(new DescribeKeyCommand({ KeyId: key.KeyId })));
    expect(refusal.message).toContain("because no resource-based policy allows the kms:DescribeKey action");
  });

  it("that denies wins over everything", async () => {
    const deny = { Effect: "Deny", Principal: "*", Action: "kms:ScheduleKeyDeletion", Resource: "*" };
    const key = await createKey(ofAlice, { Policy: policy(root, deny) });
    const refusal = await refusalOf(ofAlice.send(new ScheduleKeyDeletionCommand({ KeyId: key.KeyId })));
    expect(refusal).toMatchObject({ name: "AccessDeniedException" });
    expect(refusal.message).toContain("with an explicit deny in a resource-based policy");
  });

  it("decides by conditions on the request", async () => {
    const Condition = { StringEquals: { "kms:EncryptionContext:tenant": "a" } };
    const statement = {
      Effect: "Allow",
      Principal: { AWS: carol.arn },
      Action: "kms:Encrypt",
      Resource: "*",
      Condition,
    };
    const key = await createKey(ofAlice, { Policy: policy(root, statement) });
    const within = (tenant: string): EncryptCommand =>
      new EncryptCommand({ KeyId: key.KeyId, Plaintext: Buffer.from("x"), EncryptionContext: { tenant } });
    await ofCarol.send(within("a"));
    expect((await refusalOf(ofCarol.send(within("b")))).name).toBe("AccessDeniedException");
  });

  it("opens a key to another account by its ARN, for what works across accounts", async () => {
    const statement = { Effect: "Allow", Principal: { AWS: bobArn }, Action: "kms:*", Resource: "*" };
    const key = await createKey(ofAlice, { Policy: policy(root, statement) });
    const { CiphertextBlob } = await ofBob.send(encrypt(key.Arn));
    await ofBob.send(new DecryptCommand({ CiphertextBlob }));
    expect((await refusalOf(ofBob.send(new ScheduleKeyDeletionCommand({ KeyId: key.Arn })))).name).toBe(
      "AccessDeniedException",
    );
    expect((await refusalOf(ofBob.send(encrypt(key.KeyId)))).name).toBe("NotFoundException");
  });

  it("says of a foreign key no more than that access is denied", async () => {
    const key = await createKey(ofAlice);
    const missing = `arn:aws:kms:eu-central-1:${alice.id}:key/01234567-89ab-4def-8123-456789abcdef`;
    for (const KeyId of [key.Arn, missing]) {
      expect((await refusalOf(ofBob.send(new DescribeKeyCommand({ KeyId })))).name).toBe("AccessDeniedException");
    }
  });

  it("that would lock its author out is refused, unless that is asked for", async () => {
    const key = await createKey(ofAlice);
    const Policy = policy({ Effect: "Allow", Principal: { AWS: bobArn }, Action: "kms:*", Resource: "*" });
    expect(await refusalOf(ofAlice.send(new PutKeyPolicyCommand({ KeyId: key.KeyId, Policy })))).toMatchObject({
      name: "MalformedPolicyDocumentException",
      message: "The new key policy will not allow you to update the key policy in the future.",
    });
    expect((await refusalOf(ofAlice.send(new CreateKeyCommand({ Policy })))).name).toBe(
      "MalformedPolicyDocumentException",
    );
    await ofAlice.send(new PutKeyPolicyCommand({ KeyId: key.KeyId, Policy, BypassPolicyLockoutSafetyCheck: true }));
    expect((await refusalOf(ofAlice.send(new DescribeKeyCommand({ KeyId: key.KeyId })))).name).toBe(
      "AccessDeniedException",
    );
  });

  it.each([
    ["no JSON", "{"],
    ["no principal", policy({ Effect: "Allow", Action: "kms:*", Resource: "*" })],
    ["a principal that cannot exist", policy(root, { ...root, Principal: { AWS: "somebody" } })],
    ["an unknown effect", policy({ ...root, Effect: "Maybe" })],
    ["an unknown element", policy({ ...root, Extra: 1 })],
    ["no resource", policy({ Effect: "Allow", Principal: "*", Action: "kms:*" })],
  ])("with %s is malformed", async (_what, Policy) => {
    expect((await refusalOf(ofAlice.send(new CreateKeyCommand({ Policy })))).name).toBe(
      "MalformedPolicyDocumentException",
    );
  });

  it("comes back with the same meaning and another text", async () => {
    const Policy = policy({ ...root, Action: ["kms:*"], Principal: { AWS: [alice.id] } });
    const key = await createKey(ofAlice, { Policy });
    const answer = await ofAlice.send(new GetKeyPolicyCommand({ KeyId: key.KeyId }));
    expect(answer.PolicyName).toBe("default");
    expect(answer.Policy).not.toBe(Policy);
    expect(JSON.parse(answer.Policy ?? "")).toEqual({ Version: "2012-10-17", Statement: [root] });
  });

  it("is not asked where enforcement is off", async () => {
    const open = await startCloud({ accounts: [alice, carol], enforcePolicies: false });
    const key = await createKey(kmsClient(targetOf(open, alice)));
    await kmsClient(targetOf(open, carol)).send(encrypt(key.KeyId));
  });
});

describe("an IAM policy", () => {
  it("decides who may make and list keys", async () => {
    const refusal = await refusalOf(ofCarol.send(new CreateKeyCommand({})));
    expect(refusal.message).toBe(
      `User: ${carol.arn ?? ""} is not authorized to perform: kms:CreateKey on resource: * because no identity-based policy allows the kms:CreateKey action`,
    );
  });
});

describe("a grant", () => {
  it("gives its grantee the operations it names, until it is revoked", async () => {
    const key = await createKey(ofAlice);
    const grant = await ofAlice.send(
      new CreateGrantCommand({
        KeyId: key.KeyId,
        GranteePrincipal: carol.arn,
        Operations: ["Encrypt"],
        Name: "for-carol",
      }),
    );
    await ofCarol.send(encrypt(key.KeyId));
    const { Grants } = await ofAlice.send(new ListGrantsCommand({ KeyId: key.KeyId }));
    expect(Grants).toMatchObject([
      { GrantId: grant.GrantId, Name: "for-carol", GranteePrincipal: carol.arn, Operations: ["Encrypt"] },
    ]);
    await ofAlice.send(new RevokeGrantCommand({ KeyId: key.KeyId, GrantId: grant.GrantId }));
    expect((await refusalOf(ofCarol.send(encrypt(key.KeyId)))).name).toBe("AccessDeniedException");
  });

  it("is bound to the encryption context of its constraint", async () => {
    const key = await createKey(ofAlice);
    await ofAlice.send(
      new CreateGrantCommand({
        KeyId: key.KeyId,
        GranteePrincipal: carol.arn,
        Operations: ["Encrypt"],
        Constraints: { EncryptionContextSubset: { tenant: "a" } },
      }),
    );
    expect((await refusalOf(ofCarol.send(encrypt(key.KeyId)))).name).toBe("AccessDeniedException");
    const EncryptionContext = { tenant: "a", more: "b" };
    await ofCarol.send(new EncryptCommand({ KeyId: key.KeyId, Plaintext: Buffer.from("x"), EncryptionContext }));
  });

  it("can be found and retired by its retiring principal", async () => {
    const key = await createKey(ofAlice);
    const { GrantToken } = await ofAlice.send(
      new CreateGrantCommand({
        KeyId: key.KeyId,
        GranteePrincipal: bobArn,
        RetiringPrincipal: aliceArn,
        Operations: ["Decrypt", "Encrypt"],
      }),
    );
    const listed = await ofAlice.send(new ListRetirableGrantsCommand({ RetiringPrincipal: aliceArn }));
    expect(listed.Grants).toHaveLength(1);
    expect((await refusalOf(ofBob.send(new RetireGrantCommand({ GrantToken })))).name).toBe("AccessDeniedException");
    await ofAlice.send(new RetireGrantCommand({ GrantToken }));
    expect((await ofAlice.send(new ListGrantsCommand({ KeyId: key.KeyId }))).Grants).toEqual([]);
  });

  it("with a name is made once, however often it is asked for", async () => {
    const key = await createKey(ofAlice);
    const command = new CreateGrantCommand({
      KeyId: key.KeyId,
      GranteePrincipal: bobArn,
      Operations: ["Encrypt"],
      Name: "n",
    });
    const [first, second] = [await ofAlice.send(command), await ofAlice.send(command)];
    expect(second.GrantId).toBe(first.GrantId);
  });
});
