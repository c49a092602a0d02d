import * as pulumi from "@pulumi/pulumi";
import * as byok from "pulumi-byok";

const config = new pulumi.Config();
const region = config.get("region") ?? "eu-central-1";
const replicaRegion = config.get("replicaRegion") ?? "eu-west-1";
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
    ? { allowedTargets: [{ aws: { account: config.require("account"), regions: [region, replicaRegion] } }] }
    : { lab: true }),
});

const master = new byok.SourceKey("everywhere-master", {
  group: hsm,
  spec: "AES_256",
  rotationTrigger: config.get("rotate") ?? "never",
});

const groupIn = (name: string, inRegion: string): byok.AwsKmsGroup =>
  new byok.AwsKmsGroup(name, {
    region: inRegion,
    account: config.get("account"),
    endpoint,
    tls: caFile === undefined ? undefined : { caFile },
    credentials: csv === undefined ? undefined : { csv }, // AWS's default chain
  });

const key = new byok.AwsKmsKey("everywhere", {
  group: groupIn("aws", region),
  material: { source: master },
  multiRegion: true,
  aliases: ["alias/everywhere"],
  replicas: [
    { group: groupIn("aws-replica", replicaRegion), aliases: ["alias/everywhere"], tags: { role: "replica" } },
  ],
  primaryRegion: config.get("primaryRegion"),
});

export const arn = key.arn;
export const proof = key.proof;
export const replicas = key.replicas;
