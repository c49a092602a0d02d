import type * as pulumi from "@pulumi/pulumi";
import * as byok from "../../sdk";
import { token } from "./fixtures";

/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment -- wrong classes are what this is about */
/** Never called: the compiler is the test. An error that does not occur any more fails the build. */
export function illegal(
  hsm: byok.SourceGroup,
  place: byok.AwsKmsGroup,
  source: byok.SourceKey,
  vault: byok.AzureKeyVaultGroup,
): void {
  // @ts-expect-error a PIN reference is needed
  new byok.SourceGroup("x", { token: { module: "softhsm2", label: "t" } });
  // @ts-expect-error there is no such property
  new byok.SourceGroup("x", { token, rotation: "90d" });
  // @ts-expect-error no such hash
  new byok.SourceGroup("x", { token, minOaepHash: "md5" });
  // @ts-expect-error a target names its Regions
  new byok.SourceGroup("x", { token, allowedTargets: [{ aws: { account: "123456789012" } }] });
  // @ts-expect-error no such key type
  new byok.SourceKey("x", { group: hsm, spec: "DES" });
  // @ts-expect-error a group is a resource
  new byok.SourceKey("x", { group: "hsm", spec: "AES_256" });
  // @ts-expect-error a group of the other kind
  new byok.SourceKey("x", { group: place, spec: "AES_256" });
  // @ts-expect-error keys are retained or destroyed
  new byok.SourceKey("x", { group: hsm, spec: "AES_256", onDestroy: "forget" });
  // @ts-expect-error the version is found out
  new byok.SourceKey("x", { group: hsm, spec: "AES_256", version: 2 });
  // @ts-expect-error a Region is needed
  new byok.AwsKmsGroup("x", {});
  // @ts-expect-error half a pair of credentials
  new byok.AwsKmsGroup("x", { region: "eu-central-1", credentials: { accessKeyId: "env:A" } });
  // @ts-expect-error material is needed
  new byok.AwsKmsKey("x", { group: place });
  // @ts-expect-error material comes from a source key, not from a group
  new byok.AwsKmsKey("x", { group: place, material: { source: hsm } });
  // @ts-expect-error material is AWS's own, or it comes from elsewhere
  new byok.AwsKmsKey("x", { group: place, material: { native: false } });
  // @ts-expect-error a file says how its bytes stand there
  new byok.AwsKmsKey("x", { group: place, material: { file: "k.bin", spec: "AES_256", kek: source } });
  // @ts-expect-error no such wrap
  new byok.AwsKmsKey("x", { group: place, material: { file: "k", encoding: "raw", spec: "AES_256", wrap: "AES_CBC" } });
  // @ts-expect-error a file for a vault of Azure is nothing that AWS opens
  new byok.AwsKmsKey("x", { group: place, material: { byok: "k.byok", spec: "AES_256" } });
  // @ts-expect-error a .byok file does not tell its key type
  new byok.AzureKey("x", { group: vault, material: { byok: "k.byok" } });
  // @ts-expect-error days are a number
  new byok.AwsKmsKey("x", { group: place, material: { source }, deletionWindowInDays: "30" });
  // @ts-expect-error no such usage
  new byok.AwsKmsKey("x", { group: place, material: { source }, usage: "ENCRYPT" });
  // @ts-expect-error outputs are read-only
  source.version = source.version;
}

/** Never called: what has to compile. */
export function legal(text: pulumi.Output<string>, flag: pulumi.Output<boolean>): readonly unknown[] {
  const hsm = new byok.SourceGroup("x", { token: { ...token, pin: text }, lab: flag, allowedTargets: [] });
  const source = new byok.SourceKey("x", { group: hsm, spec: "EC_P256", label: text });
  const place = new byok.AwsKmsGroup("x", {
    region: text,
    endpoint: { kms: text },
    credentials: { accessKeyId: "env:A", secretAccessKey: text },
  });
  const copy = new byok.AwsKmsKey("x", {
    group: place,
    material: { source },
    aliases: [text],
    tags: { a: text },
    adopt: { arn: text },
    policy: { Version: "2012-10-17" },
  });
  const arn: pulumi.Output<string> = copy.arn;
  const version: pulumi.Output<number> = copy.version;
  const specs: pulumi.Output<readonly byok.KeySpec[]> = hsm.abilities.specs;
  return [arn, version, specs];
}

describe("the types of the resources", () => {
  it("refuse illegal programs and take legal ones, or this file does not compile", () => {
    expect([illegal.length, legal.length]).toEqual([4, 2]);
  });
});
