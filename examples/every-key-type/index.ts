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

// `pulumi config set specs '["AES_256"]'` makes fewer: a token that lacks one of them refuses it in the preview.
const specs = config.getObject<byok.KeySpec[]>("specs") ?? [
  "AES_256",
  "RSA_2048",
  "RSA_3072",
  "RSA_4096",
  "EC_P256",
  "EC_P384",
  "EC_P521",
  "EC_SECP256K1",
  "HMAC_224",
  "HMAC_256",
  "HMAC_384",
  "HMAC_512",
];

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

const copies = specs.map((spec) => {
  const name = spec.toLowerCase().replaceAll("_", "-");
  const source = new byok.SourceKey(`source-${name}`, { group: hsm, spec });
  const copy = new byok.AwsKmsKey(name, {
    group: aws,
    material: { source },
    aliases: [`alias/every-key-type/${name}`],
  });
  return pulumi.all([copy.arn, copy.proof, copy.wrapping]).apply(([arn, proof, wrapping]) => {
    return { spec, arn, proof: proof?.method, fingerprint: proof?.fingerprint, wrapping: wrapping?.algorithm };
  });
});

export const keys = pulumi.all(copies);
