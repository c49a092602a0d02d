import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as byok from "pulumi-byok";

// `npm run quickstart` made all that this folder holds: a SoftHSM token, its PIN, and the local AWS KMS.
const quickstart = path.resolve(__dirname, "../../.quickstart");
const local = JSON.parse(readFileSync(path.join(quickstart, "aws/endpoint.json"), "utf8")) as { httpsEndpoint: string };

const hsm = new byok.SourceGroup("hsm", {
  token: {
    module: "softhsm2",
    label: "quickstart",
    pin: `file:${quickstart}/pin`,
    environment: { SOFTHSM2_CONF: `${quickstart}/softhsm2.conf` },
  },
  minOaepHash: "sha1", // all that SoftHSM 2.6.1 can do; hardware tokens leave it out
  lab: true, // a local cloud may have its keys; against AWS, write allowedTargets instead
});

const master = new byok.SourceKey("payments-master", { group: hsm, spec: "AES_256" });

const frankfurt = new byok.AwsKmsGroup("frankfurt", {
  region: "eu-central-1",
  endpoint: local.httpsEndpoint,
  tls: { caFile: `${quickstart}/aws/ca.pem` },
  credentials: { csv: `file:${quickstart}/aws/aws.csv` },
});

const key = new byok.AwsKmsKey("payments", {
  group: frankfurt,
  material: { source: master },
  aliases: ["alias/payments", "alias/payments-ledger"],
  tags: { team: "ledger" },
});

export const arn = key.arn;
export const aliases = key.aliases;
export const proof = key.proof;
