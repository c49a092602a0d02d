import { Config } from "@pulumi/pulumi";
import * as byok from "pulumi-byok";

const config = new Config();

const tenantId = config.require("tenant");
const vault = config.require("vault"); // https://payments.vault.azure.net

// A local Azure instead of the real one.
const authority = config.get("authority");
const resourceManager = config.get("resourceManager");
const caFile = config.get("azureCaFile");
const clientId = config.get("clientId");

const payments = new byok.AzureKeyVaultGroup("payments", {
  tenantId,
  vault,
  tier: "standard",
  endpoint: authority === undefined ? undefined : { authority, resourceManager },
  tls: caFile === undefined ? undefined : { caFile },
  credentials: clientId === undefined ? undefined : { clientId, clientSecret: config.require("clientSecret") }, // the default chain
  requirePurgeProtection: authority === undefined, // the local vaults have none,
  template: { protection: "software", tags: { team: "ledger" } },
});

// A standard vault has no wrapped import, so it is best that Azure makes its keys.
const sessions = new byok.AzureKey("std-sessions", {
  group: payments,
  material: { native: true, spec: "EC_P256" },
  rotationTrigger: config.get("rotate") ?? "never",
  afterRotation: "disable",
});

// A key of ours travels to it in clear, within TLS: the source key says so, and the copy does.
const softHsmConf = config.get("softhsmConf");
const hsm = new byok.SourceGroup("hsm", {
  token: {
    module: config.get("module") ?? "softhsm2",
    label: config.require("token"),
    pin: config.require("pin"), // file:/run/secrets/hsm-pin
    environment: softHsmConf === undefined ? undefined : { SOFTHSM2_CONF: softHsmConf },
  },
  lab: authority !== undefined,
  allowedTargets: authority === undefined ? [{ azure: { tenantId, vaults: [vault] } }] : undefined,
});
const portable = new byok.SourceKey("std-portable", { group: hsm, spec: "RSA_2048", plaintextExport: true });
const webhooks = new byok.AzureKey("std-webhooks", {
  group: payments,
  material: { source: portable },
  allowPlaintext: true,
});

// A key that exists in the vault already: pulumi config set existing https://payments.vault.azure.net/keys/NAME/VERSION
const existing = config.get("existing");
const recover = config.getBoolean("recover"); // true: also where it is soft-deleted
const adopted =
  existing === undefined
    ? undefined
    : new byok.AzureKey("std-existing", {
        group: payments,
        name: new URL(existing).pathname.split("/")[2],
        material: { native: true, spec: "EC_P256" },
        protection: "software", // an adopted key takes nothing of the template
        adopt: { id: existing, recover },
      });

export const id = sessions.keyId;
export const versions = sessions.versions;
export const proof = webhooks.proof;
export const wrapping = webhooks.wrapping; // { algorithm: "none", inClear: true }
export const adoptedId = adopted?.keyId;
