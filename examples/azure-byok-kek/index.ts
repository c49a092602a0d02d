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

// The group makes the wrapping key: RSA-HSM, good for nothing but imports, pinned by its public key, and removed with the group.
const payments = new byok.AzureKeyVaultGroup("payments", {
  tenantId,
  vault,
  tier: "premium",
  endpoint: authority === undefined ? undefined : { authority, resourceManager },
  tls: caFile === undefined ? undefined : { caFile },
  credentials: clientId === undefined ? undefined : { clientId, clientSecret: config.require("clientSecret") }, // the default chain
  requirePurgeProtection: authority === undefined, // the local vaults have none,
  kek: { size: 3072 },
  template: { namePrefix: "kek-", tags: { team: "ledger" } },
});

const letters = new byok.SourceKey("kek-letters", {
  group: hsm,
  spec: "RSA_3072",
  rotationTrigger: config.get("rotate"), // another value than before: a new version, and one in Azure in the same run
});
const signing = new byok.SourceKey("kek-signing", { group: hsm, spec: "EC_P256" });

const lettersKey = new byok.AzureKey("letters", { group: payments, material: { source: letters } });
const signingKey = new byok.AzureKey("signing", {
  group: payments,
  material: { source: signing },
  expiresOn: "2037-12-31", // from then on it signs no more; it still verifies
});

export const wrappingKey = payments.wrappingKey; // id, public key (for whoever wraps a key elsewhere), and that nobody attested it
export const ids = [lettersKey.keyId, signingKey.keyId];
export const proofs = [lettersKey.proof, signingKey.proof];
