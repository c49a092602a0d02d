import * as pulumi from "@pulumi/pulumi";
import * as byok from "pulumi-byok";

const config = new pulumi.Config();
const tokenModule = config.get("module") ?? "softhsm2";
const configuration = config.get("softhsmConf");

const regions = ["eu-central-1", "eu-west-1"];
const endpoint = config.get("endpoint");
const csv = config.get("credentials");
const awsCaFile = config.get("caFile");

const tenantId = config.require("tenant");
const vault = config.require("vault"); // https://payments.vault.azure.net

// A local Azure instead of the real one: its keys come from a source group of a lab, and never go anywhere else.
const authority = config.get("authority");
const resourceManager = config.get("resourceManager");
const caFile = config.get("azureCaFile");
const clientId = config.get("clientId");

const hsm = new byok.SourceGroup("hsm", {
  token: {
    module: tokenModule,
    label: config.get("token") ?? "payments",
    pin: config.require("pin"),
    environment: configuration === undefined ? undefined : { SOFTHSM2_CONF: configuration },
  },
  minOaepHash: tokenModule === "softhsm2" ? "sha1" : "sha256", // for AWS; Azure's format has SHA-1 whatever this says
  ...(authority === undefined
    ? {
        allowedTargets: [
          { aws: { account: config.require("account"), regions } },
          { azure: { tenantId, vaults: [vault] } },
        ],
      }
    : { lab: true }),
});

const aws = regions.map(
  (region) =>
    new byok.AwsKmsGroup(region, {
      region,
      account: config.get("account"),
      endpoint,
      tls: awsCaFile === undefined ? undefined : { caFile: awsCaFile },
      credentials: csv === undefined ? undefined : { csv }, // AWS's default chain
    }),
);

const azure = new byok.AzureKeyVaultGroup("azure", {
  tenantId,
  vault,
  tier: "premium",
  endpoint: authority === undefined ? undefined : { authority, resourceManager },
  tls: caFile === undefined ? undefined : { caFile },
  credentials: clientId === undefined ? undefined : { clientId, clientSecret: config.require("clientSecret") }, // the default chain
  requirePurgeProtection: authority === undefined, // the local vaults have none,
  kek: { size: 3072 },
});

// One source, rotated once; every copy follows in the same run.
const rotationTrigger = config.get("rotate");
const sources = [
  new byok.SourceKey("two-clouds-rsa", { group: hsm, spec: "RSA_3072", rotationTrigger }),
  new byok.SourceKey("two-clouds-ec", { group: hsm, spec: "EC_P256", rotationTrigger }),
];
const names = ["two-clouds-letters", "two-clouds-signing"];

const inAws = sources.flatMap((source, index) =>
  aws.map(
    (group, region) =>
      new byok.AwsKmsKey(`${names[index]}-${regions[region]}`, {
        group,
        material: { source },
        aliases: [`alias/${names[index]}`],
        acknowledgeOldOutputs: true, // an alias that moves leaves older signatures to the former key, by its ARN
      }),
  ),
);
const inAzure = sources.map((source, index) => new byok.AzureKey(names[index], { group: azure, material: { source } }));

/** Two fingerprints: one for each source, the same in all three places. */
export const sameKey = pulumi
  .all([
    ...inAws.map((key) => key.proof.apply((proof) => proof?.fingerprint)),
    ...inAzure.map((key) => key.proof.apply((proof) => proof?.fingerprint)),
  ])
  .apply((fingerprints) => [...new Set(fingerprints)]);
export const versions = [...inAws, ...inAzure].map((key) => key.version);
