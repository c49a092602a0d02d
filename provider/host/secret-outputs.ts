import type { WireRecord } from "./wire-values";

/** Marks a value as secret on its way to the engine, which then keeps it encrypted. Source: sdk/nodejs/runtime/rpc.ts, specialSigKey and specialSecretSig. */
const signature = { key: "4dabf18193072939515e22adb298388d", secret: "1b47061264138c4ac30d75fd1eb44270" } as const;

/** Outputs that are secrets, by kind. The engine hands them back in clear, unmarked. */
const names: Readonly<Record<string, readonly string[]>> = { AzureKeyBackup: ["blob"] };

/** A record for the engine whose secret outputs are marked as such. */
export function withSecretsMarked(kind: string, record: WireRecord): WireRecord {
  const marked = { ...record };
  for (const name of names[kind] ?? []) {
    const value = marked[name];
    if (value !== undefined) marked[name] = { [signature.key]: signature.secret, value };
  }
  return marked;
}
