import { type KeyObject, createPrivateKey } from "node:crypto";
import { AwsError, invalidState } from "../aws-error";
import { type ExtraContext, keyArn } from "../policy/authorize";
import type { KeyRecord, KeyUsageName } from "../store/records";
import type { Call } from "./call";
import { requireKey } from "./key-reference";
import { currentMaterial, requireState } from "./key-state";

interface Use {
  readonly usage: KeyUsageName;
  readonly action?: string;
  readonly context?: ExtraContext;
}

/** The key of a cryptographic operation: permitted, of the right usage and enabled, in the order in which AWS looks. */
export function requireUsableKey(call: Call, reference: string, use: Use): KeyRecord {
  const key = requireKey(call, reference, {
    aliases: true,
    crossAccount: true,
    ...(use.action === undefined ? {} : { action: use.action }),
    ...(use.context === undefined ? {} : { context: use.context }),
  });
  if (key.usage !== use.usage) {
    throw new AwsError(
      "InvalidKeyUsageException",
      `${keyArn(key)} key usage is ${key.usage} which is not valid for ${call.operation}.`,
    );
  }
  requireState(key, call.now, ["Enabled", "Updating"]);
  return key;
}

/** With DryRun, everything has been checked and nothing is done. */
export function endDryRun(call: Call): void {
  if (call.input.flag("DryRun")) {
    throw new AwsError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.");
  }
}

export function currentBytes(key: KeyRecord): Buffer {
  const bytes = currentMaterial(key)?.bytes ?? null;
  if (bytes === null) throw invalidState(`${keyArn(key)} is pending import.`);
  return Buffer.from(bytes, "base64");
}

export function currentPrivateKey(key: KeyRecord): KeyObject {
  return createPrivateKey({ key: currentBytes(key), format: "der", type: "pkcs8" });
}

/** The encryption context of a request as condition keys. */
export function encryptionContextKeys(context: Readonly<Record<string, string>>): ExtraContext {
  const names = Object.keys(context);
  if (names.length === 0) return {};
  return {
    "kms:EncryptionContextKeys": names,
    ...Object.fromEntries(Object.entries(context).map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
  };
}
