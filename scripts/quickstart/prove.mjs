// Shows that the copied key works: encrypts under its alias and decrypts, through the unmodified AWS SDK.
//
// node prove.mjs QUICKSTART_FOLDER ALIAS
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";
import path from "node:path";
import { DecryptCommand, EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const [folder, alias] = process.argv.slice(2);
if (folder === undefined || alias === undefined) throw new Error("usage: node prove.mjs QUICKSTART_FOLDER ALIAS");
const file = (name) => readFileSync(path.join(folder, "aws", name), "utf8");

// The file that the AWS console hands out: a heading, then key id and secret.
const [accessKeyId, secretAccessKey] = file("aws.csv")
  .trim()
  .split(/\r?\n/)
  .at(-1)
  .split(",")
  .map((cell) => cell.trim());
const client = new KMSClient({
  region: "eu-central-1",
  endpoint: JSON.parse(file("endpoint.json")).httpsEndpoint,
  credentials: { accessKeyId, secretAccessKey },
  requestHandler: new NodeHttpHandler({
    httpsAgent: new https.Agent({ ca: file("ca.pem") }),
    connectionTimeout: 5_000,
    requestTimeout: 10_000,
  }),
});

try {
  const message = randomBytes(32);
  const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId: alias, Plaintext: message }));
  const { Plaintext, KeyId } = await client.send(new DecryptCommand({ CiphertextBlob }));
  if (!message.equals(Plaintext)) throw new Error("what was decrypted is not what was encrypted");
  process.stdout.write(
    `32 random bytes encrypted under ${alias} (${String(CiphertextBlob.length)} bytes), decrypted by ${KeyId}: the same bytes\n`,
  );
} catch (error) {
  process.stderr.write(`error: the copied key does not encrypt and decrypt: ${error.name}: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  client.destroy();
}
