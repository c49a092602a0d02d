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

const payments = new byok.AzureKeyVaultGroup("payments", {
  tenantId,
  vault,
  tier: "premium",
  endpoint: authority === undefined ? undefined : { authority, resourceManager },
  tls: caFile === undefined ? undefined : { caFile },
  credentials: clientId === undefined ? undefined : { clientId, clientSecret: config.require("clientSecret") }, // the default chain
  requirePurgeProtection: false, // so that this example can purge; keep the protection where you can
  kek: { size: 2048 },
});

const master = new byok.SourceKey("recover-orders", { group: hsm, spec: "EC_P256" });

// What an operator sets: gone (the key leaves the program), purge (its removal purges it), retire (a word, or "ask" for it).
const file = config.get("escrow") ?? "./escrow/orders.backup"; // its folder has to exist
const purge = config.getBoolean("purge");

function keyWithBackup(): byok.AzureKey {
  const orders = new byok.AzureKey("orders", {
    group: payments,
    material: { source: master },
    backup: { file }, // where the name is free: all versions from here, instead of a new import
    deletion: purge === true ? { purge } : undefined,
  });
  new byok.AzureKeyBackup("orders-backup", { key: orders, file });
  const retire = config.get("retire");
  if (retire !== undefined) {
    const confirm = retire === "ask" ? undefined : retire;
    new byok.DeletionSchedule("retire-orders", { key: orders, confirm, onRemove: "cancel", restoreEnabled: true });
  }
  return orders;
}

const key = config.getBoolean("gone") === true ? undefined : keyWithBackup();

export const id = key?.keyId;
export const versions = key?.versions;
