import * as pulumi from "@pulumi/pulumi";
import * as byok from "pulumi-byok";

const config = new pulumi.Config();
const region = config.get("region") ?? "eu-central-1";
const tokenModule = config.get("module") ?? "softhsm2";
const configuration = config.get("softhsmConf");

// A local cloud instead of AWS: its keys come from a source group of a lab, and never go anywhere else.
const endpoint = config.get("endpoint");
const caFile = config.get("caFile");
const csv = config.get("credentials");

const hsm = new byok.SourceGroup("hsm", {
  token: {
    module: tokenModule,
    label: config.get("token") ?? "payments",
    pin: config.require("pin"),
    environment: configuration === undefined ? undefined : { SOFTHSM2_CONF: configuration },
  },
  minOaepHash: tokenModule === "softhsm2" ? "sha1" : "sha256", // SoftHSM 2.6.1 has nothing better; hardware tokens do
  ...(endpoint === undefined
    ? { allowedTargets: [{ aws: { account: config.require("account"), regions: [region] } }] }
    : { lab: true }),
});

const aws = new byok.AwsKmsGroup("aws", {
  region,
  account: config.get("account"),
  endpoint,
  tls: caFile === undefined ? undefined : { caFile },
  credentials: csv === undefined ? undefined : { csv }, // AWS's default chain
});

// 1. The token makes the material, and keeps it: it can be imported again, copied elsewhere, and rotated there.
const master = new byok.SourceKey("basic-master", { group: hsm, spec: "AES_256" });
const own = new byok.AwsKmsKey("basic-own", { group: aws, material: { source: master }, aliases: ["alias/basic-own"] });

// 2. AWS makes the material, and nobody else ever has it. Another value rotates it: pulumi config set rotate "$(date -I)"
const native = new byok.AwsKmsKey("basic-native", {
  group: aws,
  material: { native: true },
  rotationMode: "in-place",
  rotationTrigger: config.get("rotate") ?? "never",
  aliases: ["alias/basic-native"],
});

// 3. A partner makes the material, and encrypts it for us under a key that only the token has; encrypt-for-us.mjs shows how.
const transport = new byok.SourceKey("basic-transport", { group: hsm, spec: "RSA_3072", operations: ["unwrap"] });
const file = config.get("partnerFile"); // pulumi config set partnerFile ./partner-key.bin
const partner =
  file === undefined
    ? undefined
    : new byok.AwsKmsKey("basic-partner", {
        group: aws,
        material: {
          file,
          encoding: "raw",
          spec: "AES_256",
          kek: transport,
          wrap: tokenModule === "softhsm2" ? "RSA_AES_SHA1" : "RSA_AES_SHA256",
        },
        aliases: ["alias/basic-partner"],
      });

/** SubjectPublicKeyInfo, base64: for the partner. */
export const transportKey = transport.publicKey;
export const origins = pulumi.all([own, native, partner].map((key) => key?.origin));
export const arns = pulumi.all([own, native, partner].map((key) => key?.arn));
