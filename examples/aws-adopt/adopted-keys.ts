// What byok sync aws --adopt alias/ledger writes, with the source key in the place of its placeholder. There the ARN is written out; here
// it is configuration, because every account has another one.
import * as pulumi from "@pulumi/pulumi";
import * as byok from "pulumi-byok";

/** Adopts keys that exist; the answer names each as the program does. */
export function adoptKeys(group: byok.AwsKmsGroup, master: byok.SourceKey) {
  return {
    ledger: new byok.AwsKmsKey("ledger", {
      group,
      material: { source: master },
      adopt: { arn: new pulumi.Config().require("ledger") },
    }),
  };
}
