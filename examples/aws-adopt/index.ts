import * as pulumi from "@pulumi/pulumi";
import * as byok from "pulumi-byok";
import { adoptKeys } from "./adopted-keys";

const config = new pulumi.Config();
const tokenModule = config.get("module") ?? "softhsm2";
const configuration = config.get("softhsmConf");

// The key to adopt: arn:aws:kms:REGION:ACCOUNT:key/ID. It tells the account and the Region.
const [, , , region = "", account = ""] = config.require("ledger").split(":");

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

const master = new byok.SourceKey("adopted-master", { group: hsm, spec: "AES_256" });

const aws = new byok.AwsKmsGroup("aws", {
  region,
  account,
  endpoint,
  tls: caFile === undefined ? undefined : { caFile },
  credentials: csv === undefined ? undefined : { csv }, // AWS's default chain
});

const { ledger } = adoptKeys(aws, master);

// Every key of the account and Region, listed now, on pulumi refresh, and whenever refreshTrigger is another one.
const inventory = new byok.AwsKeyInventory("all-keys", {
  group: aws,
  managed: [ledger],
  refreshTrigger: config.get("listedFor"),
});

export const arn = ledger.arn;
export const ours = inventory.keys.apply((keys) =>
  keys.filter((key) => key.managedBy === "this stack").map((key) => key.resource),
);
export const strays = inventory.keys.apply((keys) =>
  keys.filter((key) => key.managedBy === "nobody").map((key) => key.aliases[0] ?? key.keyId),
);
