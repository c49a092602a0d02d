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

const master = new byok.SourceKey("rotated-master", {
  group: hsm,
  spec: "AES_256",
  rotation: { every: "90d" }, // a nightly `pulumi up` does what is due
  rotationTrigger: config.get("rotate") ?? "never", // pulumi config set rotate "$(date -I)" rotates at once
});

const aws = new byok.AwsKmsGroup("aws", {
  region,
  account: config.get("account"),
  endpoint,
  tls: caFile === undefined ? undefined : { caFile },
  credentials: csv === undefined ? undefined : { csv }, // AWS's default chain
});

const invoices = new byok.AwsKmsKey("invoices", {
  group: aws,
  material: { source: master },
  aliases: ["alias/rotated-invoices"],
  rotationMode: "in-place", // the ARN stays
});

const sessions = new byok.AwsKmsKey("sessions", {
  group: aws,
  material: { source: master },
  aliases: ["alias/rotated-sessions"],
  afterRotation: "disable", // by a new KMS key; what the former one encrypted is short-lived
});

export const nextRotation = master.nextRotation;
export const invoicesVersions = invoices.versions;
export const sessionsVersions = sessions.versions;
