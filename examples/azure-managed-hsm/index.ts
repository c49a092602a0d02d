import { Config } from "@pulumi/pulumi";
import * as byok from "pulumi-byok";

const config = new Config();
const tokenModule = config.get("module") ?? "softhsm2";
const configuration = config.get("softhsmConf");

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
  ...(authority === undefined ? { allowedTargets: [{ azure: { tenantId, vaults: [vault] } }] } : { lab: true }),
});

const pool = new byok.AzureKeyVaultGroup("pool", {
  tenantId,
  vault,
  tier: "managed-hsm",
  endpoint: authority === undefined ? undefined : { authority, resourceManager },
  tls: caFile === undefined ? undefined : { caFile },
  credentials: clientId === undefined ? undefined : { clientId, clientSecret: config.require("clientSecret") }, // the default chain
  requirePurgeProtection: authority === undefined, // the local vaults have none,
  kek: { size: 3072, lifetime: "import" }, // one wrapping key for each import, removed after it
});

const master = new byok.SourceKey("mhsm-master", { group: hsm, spec: "AES_256" });

// Only a Managed HSM holds symmetric keys. What callers may do with it is up to them.
const wrapping = new byok.AzureKey("wrapping", {
  group: pool,
  name: "mhsm-wrapping",
  material: { source: master },
  operations: ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
});

export const id = wrapping.keyId;
export const proof = wrapping.proof; // "challenge": a random block gives the same in the token and in the HSM
