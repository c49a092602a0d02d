import * as pulumi from "@pulumi/pulumi";
import * as byok from "pulumi-byok";

const config = new pulumi.Config();
const tokenModule = config.get("module") ?? "softhsm2";
const configuration = config.get("softhsmConf");

// The key that the administrator made: arn:aws:kms:REGION:ACCOUNT:key/ID. It tells the account and the Region.
const placeholder = config.require("placeholder");
const [, , , region = "", account = ""] = placeholder.split(":");

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
  ...(endpoint === undefined ? { allowedTargets: [{ aws: { account, regions: [region] } }] } : { lab: true }),
});

const master = new byok.SourceKey("ledger-master", { group: hsm, spec: "AES_256" });

const aws = new byok.AwsKmsGroup("aws", {
  region,
  account,
  endpoint,
  tls: caFile === undefined ? undefined : { caFile },
  credentials: csv === undefined ? undefined : { csv }, // AWS's default chain
});

// What is not named here (description, policy, tags, aliases) stays as the administrator set it.
const key = new byok.AwsKmsKey("ledger", {
  group: aws,
  material: { source: master },
  adopt: { arn: placeholder },
});

export const arn = key.arn;
export const policy = key.policy;
export const proof = key.proof;
