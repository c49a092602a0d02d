import {
  CreateKeyCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
  KMSClient,
  type CreateKeyCommandInput,
  type ImportKeyMaterialCommandInput,
  type KeyMetadata,
} from "@aws-sdk/client-kms";
import { type Spec, specs } from "./key-material";
import { type Algorithm, wrapMaterial } from "./wrap-material";

/** Where a client connects: an endpoint and the credentials of one account. */
export interface Target {
  readonly endpoint: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

const open: KMSClient[] = [];

/** The unmodified SDK, without retries, so that a test sees the first answer. */
export function kmsClient(target: Target, region = "eu-central-1"): KMSClient {
  const client = new KMSClient({ region, endpoint: target.endpoint, credentials: target.credentials, maxAttempts: 1 });
  open.push(client);
  return client;
}

/** For `afterEach`: lets the sockets of all clients go. */
export function closeClients(): void {
  for (const client of open.splice(0)) client.destroy();
}

export interface Refusal {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
}

/** The AWS error of a call that has to fail. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const metadata: unknown = "$metadata" in error ? error.$metadata : undefined;
    const status =
      typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
        ? metadata.httpStatusCode
        : undefined;
    return { name: error.name, message: error.message, status: typeof status === "number" ? status : undefined };
  }
  throw new Error("the call was not refused");
}

export type CreatedKey = KeyMetadata & { readonly KeyId: string; readonly Arn: string };

export async function createKey(kms: KMSClient, input: CreateKeyCommandInput = {}): Promise<CreatedKey> {
  const { KeyMetadata: metadata } = await kms.send(new CreateKeyCommand(input));
  const { KeyId, Arn } = metadata ?? {};
  if (metadata === undefined || KeyId === undefined || Arn === undefined) throw new Error("CreateKey returned no key");
  return { ...metadata, KeyId, Arn };
}

export function createExternal(
  kms: KMSClient,
  spec: Spec = "SYMMETRIC_DEFAULT",
  more: CreateKeyCommandInput = {},
): Promise<CreatedKey> {
  return createKey(kms, { Origin: "EXTERNAL", KeySpec: spec, KeyUsage: specs[spec].usage, ...more });
}

export interface Parameters {
  readonly token: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly validTo: Date;
}

export async function parametersFor(
  kms: KMSClient,
  keyId: string,
  algorithm: Algorithm = "RSAES_OAEP_SHA_256",
  wrappingKey: "RSA_2048" | "RSA_3072" | "RSA_4096" = "RSA_2048",
): Promise<Parameters> {
  const answer = await kms.send(
    new GetParametersForImportCommand({ KeyId: keyId, WrappingAlgorithm: algorithm, WrappingKeySpec: wrappingKey }),
  );
  if (!answer.ImportToken || !answer.PublicKey || !answer.ParametersValidTo) throw new Error("parameters are missing");
  return { token: answer.ImportToken, publicKey: answer.PublicKey, validTo: answer.ParametersValidTo };
}

type ImportOptions = Partial<ImportKeyMaterialCommandInput> & {
  readonly algorithm?: Algorithm;
  readonly wrappingKey?: "RSA_2048" | "RSA_3072" | "RSA_4096";
};

/** Fetches parameters, wraps, imports; the material does not expire unless said so. Returns the KeyMaterialId. */
export async function importMaterial(
  kms: KMSClient,
  keyId: string,
  material: Buffer,
  { algorithm = "RSAES_OAEP_SHA_256", wrappingKey = "RSA_2048", ...more }: ImportOptions = {},
): Promise<string> {
  const { token, publicKey } = await parametersFor(kms, keyId, algorithm, wrappingKey);
  const answer = await kms.send(
    new ImportKeyMaterialCommand({
      KeyId: keyId,
      ImportToken: token,
      EncryptedKeyMaterial: wrapMaterial(publicKey, algorithm, material),
      ...(more.ValidTo === undefined ? { ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" } : {}),
      ...more,
    }),
  );
  return answer.KeyMaterialId ?? "";
}
