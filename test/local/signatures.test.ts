import {
  GetPublicKeyCommand,
  type KMSClient,
  SignCommand,
  type SigningAlgorithmSpec,
  VerifyCommand,
} from "@aws-sdk/client-kms";
import { constants, createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { endClouds, startCloud, targetOf } from "./cloud-fixture";
import { type Spec, materialFor, specs } from "./key-material";
import { createExternal, importMaterial, kmsClient, refusalOf } from "./kms-client";

const rsa: readonly SigningAlgorithmSpec[] = [
  "RSASSA_PKCS1_V1_5_SHA_256",
  "RSASSA_PKCS1_V1_5_SHA_384",
  "RSASSA_PKCS1_V1_5_SHA_512",
  "RSASSA_PSS_SHA_256",
  "RSASSA_PSS_SHA_384",
  "RSASSA_PSS_SHA_512",
];

const cases: readonly (readonly [Spec, SigningAlgorithmSpec])[] = [
  ...rsa.map((algorithm) => ["RSA_2048", algorithm] as const),
  ["RSA_3072", "RSASSA_PSS_SHA_384"],
  ["ECC_NIST_P256", "ECDSA_SHA_256"],
  ["ECC_NIST_P384", "ECDSA_SHA_384"],
  ["ECC_NIST_P521", "ECDSA_SHA_512"],
  ["ECC_SECG_P256K1", "ECDSA_SHA_256"],
];

function padding(algorithm: string): { padding?: number; saltLength?: number } {
  if (!algorithm.startsWith("RSASSA_PSS")) return {};
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

describe.each(cases)("%s with %s", (spec, SigningAlgorithm) => {
  const message = Buffer.from("a message that two implementations sign");
  const hash = `sha${SigningAlgorithm.slice(-3)}`;
  const digest = createHash(hash).update(message).digest();
  const privateKey = createPrivateKey({ key: materialFor(spec), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey);
  let kms: KMSClient;
  let KeyId: string;

  beforeAll(async () => {
    kms = kmsClient(targetOf(await startCloud()));
    KeyId = (await createExternal(kms, spec)).KeyId;
    const material = privateKey.export({ format: "der", type: "pkcs8" });
    await importMaterial(kms, KeyId, material, { algorithm: "RSA_AES_KEY_WRAP_SHA_256" });
  });
  afterAll(endClouds);

  it.each([
    ["RAW", message],
    ["DIGEST", digest],
  ] as const)("makes signatures of %s that OpenSSL verifies", async (MessageType, Message) => {
    const { Signature } = await kms.send(new SignCommand({ KeyId, Message, MessageType, SigningAlgorithm }));
    const key = { key: publicKey, ...padding(SigningAlgorithm) };
    expect(verify(hash, message, key, Buffer.from(Signature ?? []))).toBe(true);
  });

  it.each([
    ["RAW", message],
    ["DIGEST", digest],
  ] as const)("verifies signatures of %s that OpenSSL made, and no others", async (MessageType, Message) => {
    const Signature = sign(hash, message, { key: privateKey, ...padding(SigningAlgorithm) });
    const answer = await kms.send(new VerifyCommand({ KeyId, Message, MessageType, SigningAlgorithm, Signature }));
    expect(answer.SignatureValid).toBe(true);
    const other = sign(hash, Buffer.from("another message"), { key: privateKey, ...padding(SigningAlgorithm) });
    const refusal = refusalOf(
      kms.send(new VerifyCommand({ KeyId, Message, MessageType, SigningAlgorithm, Signature: other })),
    );
    expect((await refusal).name).toBe("KMSInvalidSignatureException");
  });

  it("shows the public key of the imported private key", async () => {
    const answer = await kms.send(new GetPublicKeyCommand({ KeyId }));
    expect(Buffer.from(answer.PublicKey ?? []).equals(publicKey.export({ format: "der", type: "spki" }))).toBe(true);
    expect(answer).toMatchObject({ KeySpec: spec, KeyUsage: specs[spec].usage });
  });
});
