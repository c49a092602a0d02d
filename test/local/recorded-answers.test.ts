import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateMacCommand,
  GenerateRandomCommand,
  GetKeyRotationStatusCommand,
  ImportKeyMaterialCommand,
  type KMSClient,
  KMSServiceException,
  ListResourceTagsCommand,
  ReEncryptCommand,
  RotateKeyOnDemandCommand,
  SignCommand,
  TagResourceCommand,
  VerifyCommand,
  VerifyMacCommand,
} from "@aws-sdk/client-kms";
import { randomBytes } from "node:crypto";
import { type LocalAws } from "../../provider/local";
import { endClouds, startCloud, targetOf } from "./cloud-fixture";
import {
  type CreatedKey,
  createExternal,
  createKey,
  importMaterial,
  kmsClient,
  parametersFor,
  refusalOf,
} from "./kms-client";
import { wrapMaterial } from "./wrap-material";

/*
 * Error names, texts and members of answers as the real AWS KMS gave them (observed between 2023 and 2026).
 */

let cloud: LocalAws;
let kms: KMSClient;
const message = Buffer.from("some important message");

beforeAll(async () => {
  cloud = await startCloud();
  kms = kmsClient(targetOf(cloud));
});
afterAll(endClouds);

async function refuses(call: Promise<unknown>, name: string, text: string | RegExp): Promise<void> {
  const refusal = await refusalOf(call);
  expect(refusal.name).toBe(name);
  expect(refusal.status).toBe(400);
  // The SDK fills an empty text with the name of the error.
  if (typeof text === "string")
    expect(["UnknownError", name].includes(refusal.message) ? "" : refusal.message).toBe(text);
  else expect(refusal.message).toMatch(text);
}

const enumText = (path: string, value: string): RegExp =>
  new RegExp(
    `^1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: Member must satisfy enum value set: \\[`,
  );

describe("finding a key", () => {
  const arnOf = (keyId: string, region = "eu-central-1"): string => `arn:aws:kms:${region}:111122223333:key/${keyId}`;
  const unknown = "01234567-89ab-4def-8123-456789abcdef";

  it.each([unknown, arnOf(unknown)])("says that %s does not exist, with its ARN", async (KeyId) => {
    await refuses(
      kms.send(new DescribeKeyCommand({ KeyId })),
      "NotFoundException",
      `Key '${arnOf(unknown)}' does not exist`,
    );
  });

  it("says so of a multi-Region id too", async () => {
    const id = `mrk-${"0a".repeat(16)}`;
    await refuses(
      kms.send(new DescribeKeyCommand({ KeyId: id })),
      "NotFoundException",
      `Key '${arnOf(id)}' does not exist`,
    );
  });

  it.each(["fake-key-id", "134f2428cec14b25a1ae9048164dba47", "mrk-fake-key-id"])(
    "says that %s is no key id",
    async (KeyId) => {
      await refuses(kms.send(new DescribeKeyCommand({ KeyId })), "NotFoundException", `Invalid keyId '${KeyId}'`);
    },
  );

  it("refuses an ARN of another Region with the Region's name", async () => {
    const key = await createKey(kmsClient(targetOf(cloud), "eu-west-1"));
    await refuses(kms.send(new DescribeKeyCommand({ KeyId: key.Arn })), "NotFoundException", "Invalid arn eu-west-1");
  });

  it("works with an alias ARN", async () => {
    const key = await createKey(kms);
    await kms.send(new CreateAliasCommand({ AliasName: "alias/by-arn", TargetKeyId: key.KeyId }));
    const { KeyMetadata: metadata } = await kms.send(
      new DescribeKeyCommand({ KeyId: "arn:aws:kms:eu-central-1:111122223333:alias/by-arn" }),
    );
    expect(metadata?.Arn).toBe(key.Arn);
  });
});

describe("the metadata of a key", () => {
  it("of AWS's own material has exactly these members", async () => {
    const key = await createKey(kms, { Description: "test key 123" });
    const { KeyId, CreationDate, CurrentKeyMaterialId, ...others } = key;
    expect(KeyId).toMatch(/^[0-9a-f-]{36}$/);
    expect(CreationDate).toBeInstanceOf(Date);
    expect(CurrentKeyMaterialId).toMatch(/^[0-9a-f]{64}$/);
    expect(others).toEqual({
      AWSAccountId: "111122223333",
      Arn: `arn:aws:kms:eu-central-1:111122223333:key/${KeyId}`,
      CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
      Description: "test key 123",
      Enabled: true,
      EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
      KeyManager: "CUSTOMER",
      KeySpec: "SYMMETRIC_DEFAULT",
      KeyState: "Enabled",
      KeyUsage: "ENCRYPT_DECRYPT",
      MultiRegion: false,
      Origin: "AWS_KMS",
    });
  });

  it("of imported material goes from nothing to an id and an expiration model, and keeps the id after deletion", async () => {
    const key = await createExternal(kms);
    expect(key).not.toHaveProperty("CurrentKeyMaterialId");
    expect(key).not.toHaveProperty("ExpirationModel");
    const id = await importMaterial(kms, key.KeyId, randomBytes(32));
    expect((await kms.send(new DescribeKeyCommand({ KeyId: key.KeyId }))).KeyMetadata).toMatchObject({
      CurrentKeyMaterialId: id,
      ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
    });
    await kms.send(new DeleteImportedKeyMaterialCommand({ KeyId: key.KeyId }));
    const { KeyMetadata: after } = await kms.send(new DescribeKeyCommand({ KeyId: key.KeyId }));
    expect(after).toMatchObject({ CurrentKeyMaterialId: id, KeyState: "PendingImport" });
    expect(after).not.toHaveProperty("ExpirationModel");
  });

  it("of other specs names their algorithms and no material", async () => {
    const hmac = await createKey(kms, { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" });
    expect(hmac).toMatchObject({ MacAlgorithms: ["HMAC_SHA_256"] });
    expect(hmac).not.toHaveProperty("CurrentKeyMaterialId");
    expect(hmac).not.toHaveProperty("EncryptionAlgorithms");
    const curve = await createExternal(kms, "ECC_NIST_P256");
    expect(curve).toMatchObject({ SigningAlgorithms: ["ECDSA_SHA_256"], Enabled: false, KeyState: "PendingImport" });
  });
});

describe("creating a key refuses", () => {
  it.each([
    [
      { KeySpec: "HMAC_256" },
      "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
    ],
    [{ KeySpec: "HMAC_random", KeyUsage: "GENERATE_VERIFY_MAC" }, enumText("keySpec", "HMAC_random")],
    [{ KeySpec: "HMAC_256", KeyUsage: "RANDOM" }, enumText("keyUsage", "RANDOM")],
    [
      { KeySpec: "RSA_2048", KeyUsage: "KEY_AGREEMENT" },
      "KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048",
    ],
  ])("%j", async (input, text) => {
    const command = new CreateKeyCommand({});
    Object.assign(command.input, input);
    await refuses(kms.send(command), "ValidationException", text);
  });
});

describe("tags refuse", () => {
  const tags = (...names: string[]): { TagKey: string; TagValue: string }[] =>
    names.map((TagKey) => ({ TagKey, TagValue: "v" }));

  it.each([
    ["two of one name", tags("a", "a"), "TagException", "Duplicate tag keys"],
    [
      "more than 50",
      tags(...Array.from({ length: 51 }, (_, index) => `t${String(index)}`)),
      "TagException",
      "Too many tags",
    ],
    ["aws:", tags("aws:mine"), "TagException", "Tags beginning with aws: are reserved"],
    ["AWS:", tags("AWS:mine"), "TagException", "Tags beginning with aws: are reserved"],
    [
      "a name of 129 characters",
      tags("a".repeat(129)),
      "ValidationException",
      `1 validation error detected: Value '${"a".repeat(129)}' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length less than or equal to 128`,
    ],
    [
      "a value of 257 characters",
      [{ TagKey: "k", TagValue: "v".repeat(257) }],
      "ValidationException",
      `1 validation error detected: Value '${"v".repeat(257)}' at 'tags.1.member.tagValue' failed to satisfy constraint: Member must have length less than or equal to 256`,
    ],
  ])("%s, when a key is made and later", async (_what, Tags, name, text) => {
    await refuses(kms.send(new CreateKeyCommand({ Tags })), name, text);
    const key = await createKey(kms);
    await refuses(kms.send(new TagResourceCommand({ KeyId: key.KeyId, Tags })), name, text);
    expect((await kms.send(new ListResourceTagsCommand({ KeyId: key.KeyId }))).Tags).toEqual([]);
  });
});

describe("using a key refuses", () => {
  let symmetric: CreatedKey;
  let mac: CreatedKey;
  let signing: CreatedKey;
  beforeAll(async () => {
    symmetric = await createKey(kms);
    mac = await createKey(kms, { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" });
    signing = await createKey(kms, { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" });
  });

  it("another usage than its own", async () => {
    const of = (key: CreatedKey, usage: string, operation: string): string =>
      `${key.Arn} key usage is ${usage} which is not valid for ${operation}.`;
    const MacAlgorithm = "HMAC_SHA_256";
    await refuses(
      kms.send(new GenerateMacCommand({ KeyId: symmetric.KeyId, Message: message, MacAlgorithm })),
      "InvalidKeyUsageException",
      of(symmetric, "ENCRYPT_DECRYPT", "GenerateMac"),
    );
    await refuses(
      kms.send(new SignCommand({ KeyId: mac.KeyId, Message: message, SigningAlgorithm: "ECDSA_SHA_256" })),
      "InvalidKeyUsageException",
      of(mac, "GENERATE_VERIFY_MAC", "Sign"),
    );
    await refuses(
      kms.send(new EncryptCommand({ KeyId: signing.KeyId, Plaintext: message })),
      "InvalidKeyUsageException",
      of(signing, "SIGN_VERIFY", "Encrypt"),
    );
  });

  it("a ciphertext of another key", async () => {
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: symmetric.KeyId, Plaintext: message }));
    const text = "The key ID in the request does not identify a CMK that can perform this operation.";
    await refuses(kms.send(new DecryptCommand({ CiphertextBlob, KeyId: mac.KeyId })), "IncorrectKeyException", text);
    const other = await createKey(kms);
    const reEncrypt = new ReEncryptCommand({ CiphertextBlob, SourceKeyId: other.KeyId, DestinationKeyId: other.KeyId });
    await refuses(kms.send(reEncrypt), "IncorrectKeyException", text);
  });

  it("a ciphertext that is none, without a word", async () => {
    await refuses(kms.send(new DecryptCommand({ CiphertextBlob: message })), "InvalidCiphertextException", "");
  });

  it("a plaintext of more than 4096 bytes, without repeating it", async () => {
    await refuses(
      kms.send(new EncryptCommand({ KeyId: symmetric.KeyId, Plaintext: Buffer.alloc(4097) })),
      "ValidationException",
      "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    );
  });

  it.each([
    ["HMAC_SHA_512", "InvalidKeyUsageException", "Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256."],
    [
      "INVALID",
      "ValidationException",
      "1 validation error detected: Value 'INVALID' at 'macAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512]",
    ],
  ])("the MAC algorithm %s", async (algorithm, name, text) => {
    const command = new GenerateMacCommand({ KeyId: mac.KeyId, Message: message, MacAlgorithm: "HMAC_SHA_256" });
    Object.assign(command.input, { MacAlgorithm: algorithm });
    await refuses(kms.send(command), name, text);
  });

  it("a wrong MAC and a wrong signature, without a word", async () => {
    const verifyMac = new VerifyMacCommand({
      KeyId: mac.KeyId,
      Message: message,
      MacAlgorithm: "HMAC_SHA_256",
      Mac: randomBytes(32),
    });
    await refuses(kms.send(verifyMac), "KMSInvalidMacException", "");
    const SigningAlgorithm = "ECDSA_SHA_256";
    const { Signature } = await kms.send(new SignCommand({ KeyId: signing.KeyId, Message: message, SigningAlgorithm }));
    const verify = new VerifyCommand({
      KeyId: signing.KeyId,
      Message: Buffer.from("other"),
      SigningAlgorithm,
      Signature,
    });
    await refuses(kms.send(verify), "KMSInvalidSignatureException", "");
  });

  it("a digest of the wrong length", async () => {
    const sign = new SignCommand({
      KeyId: signing.KeyId,
      Message: message,
      MessageType: "DIGEST",
      SigningAlgorithm: "ECDSA_SHA_256",
    });
    await refuses(kms.send(sign), "ValidationException", "Digest is invalid length for algorithm ECDSA_SHA_256.");
  });

  it.each([
    ["RSAES_OAEP_SHA_1", "RSA_2048", 214],
    ["RSAES_OAEP_SHA_256", "RSA_2048", 190],
    ["RSAES_OAEP_SHA_1", "RSA_3072", 342],
    ["RSAES_OAEP_SHA_256", "RSA_3072", 318],
  ] as const)("more than %s with %s can hold: %i bytes", async (EncryptionAlgorithm, KeySpec, room) => {
    const { KeyId } = await createKey(kms, { KeySpec, KeyUsage: "ENCRYPT_DECRYPT" });
    await kms.send(new EncryptCommand({ KeyId, EncryptionAlgorithm, Plaintext: Buffer.alloc(room, 1) }));
    await refuses(
      kms.send(new EncryptCommand({ KeyId, EncryptionAlgorithm, Plaintext: Buffer.alloc(room + 1, 1) })),
      "ValidationException",
      `Algorithm ${EncryptionAlgorithm} and key spec ${KeySpec} cannot encrypt data larger than ${String(room)} bytes.`,
    );
  });

  it("a disabled key and a key without material", async () => {
    const disabled = await createKey(kms);
    await kms.send(new DisableKeyCommand({ KeyId: disabled.KeyId }));
    await refuses(
      kms.send(new RotateKeyOnDemandCommand({ KeyId: disabled.KeyId })),
      "DisabledException",
      `${disabled.Arn} is disabled.`,
    );
    const empty = await createExternal(kms);
    await refuses(
      kms.send(new EncryptCommand({ KeyId: empty.KeyId, Plaintext: message })),
      "KMSInvalidStateException",
      `${empty.Arn} is pending import.`,
    );
    await refuses(
      kms.send(new RotateKeyOnDemandCommand({ KeyId: empty.KeyId })),
      "KMSInvalidStateException",
      `${empty.Arn} is pending import.`,
    );
  });

  it("a dry run, after everything has been checked", async () => {
    const text = "The request would have succeeded, but the DryRun option is set.";
    const command = new EncryptCommand({ KeyId: symmetric.KeyId, Plaintext: message, DryRun: true });
    await refuses(kms.send(command), "DryRunOperationException", text);
  });
});

describe("other refusals", () => {
  it("of what is not there, rather than ignoring it", async () => {
    const { KeyId } = await createKey(kms);
    const command = new DecryptCommand({ KeyId, CiphertextBlob: message, Recipient: { AttestationDocument: message } });
    expect((await refusalOf(kms.send(command))).name).toBe("UnsupportedOperationException");
  });

  it.each([
    [undefined, "NumberOfBytes is required."],
    [
      0,
      /Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1$/,
    ],
    [
      1025,
      /Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024$/,
    ],
  ])("of %s random bytes", async (NumberOfBytes, text) => {
    await refuses(kms.send(new GenerateRandomCommand({ NumberOfBytes })), "ValidationException", text);
  });

  it("of an alias without its prefix", async () => {
    const key = await createKey(kms);
    await refuses(
      kms.send(new CreateAliasCommand({ AliasName: "payments", TargetKeyId: key.KeyId })),
      "ValidationException",
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  });

  it("of expiring material without a date, which is the default model", async () => {
    const key = await createExternal(kms);
    const { token, publicKey } = await parametersFor(kms, key.KeyId);
    const EncryptedKeyMaterial = wrapMaterial(publicKey, "RSAES_OAEP_SHA_256", randomBytes(32));
    await refuses(
      kms.send(new ImportKeyMaterialCommand({ KeyId: key.KeyId, ImportToken: token, EncryptedKeyMaterial })),
      "ValidationException",
      "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES",
    );
  });

  it("carry their text in the member that the SDK calls message", async () => {
    const error: unknown = await kms.send(new DescribeKeyCommand({ KeyId: "fake" })).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(KMSServiceException);
    expect(error).toMatchObject({ message: "Invalid keyId 'fake'", $fault: "client" });
  });
});

describe("answers of use", () => {
  it("name the key by its ARN and, for symmetric decryption, the material", async () => {
    const key = await createKey(kms);
    const sealed = await kms.send(new EncryptCommand({ KeyId: key.KeyId, Plaintext: message }));
    expect(Object.keys(sealed).sort()).toEqual(["$metadata", "CiphertextBlob", "EncryptionAlgorithm", "KeyId"]);
    expect(sealed.KeyId).toBe(key.Arn);
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob }));
    expect(Object.keys(opened).sort()).toEqual([
      "$metadata",
      "EncryptionAlgorithm",
      "KeyId",
      "KeyMaterialId",
      "Plaintext",
    ]);
    expect(await kms.send(new GetKeyRotationStatusCommand({ KeyId: key.KeyId }))).toMatchObject({
      KeyId: key.Arn,
      KeyRotationEnabled: false,
    });
  });
});
