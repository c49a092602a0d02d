import { ByokError } from "./errors";
import type { VersionRef } from "./ports/custodian";

/** What stands in the CKA_LABEL of a key that this package made: the only place where every token keeps a text with a key. */
export interface KeyLabel extends VersionRef {
  /** The name for people. */
  readonly name: string;
}

/** Longest name in bytes of UTF-8. Tokens bound CKA_LABEL differently; the smallest bound in use today is 255 bytes. */
export const maxNameBytes = 128;

const labelPattern = /^(.+) v([1-9]\d{0,8}) byok:([0-9a-f]{32})$/su;
const unprintable = /[\p{Cc}\p{Cs}]/u;

/** What is wrong with a name for people, or undefined. */
export function nameFault(name: string): string | undefined {
  if (name === "") return "The name of a source key must not be empty.";
  if (unprintable.test(name)) return "The name of a source key must not contain control characters.";
  const bytes = Buffer.byteLength(name, "utf8");
  return bytes > maxNameBytes
    ? `The name of a source key takes at most ${maxNameBytes} bytes in UTF-8, and this one has ${bytes}.`
    : undefined;
}

/**
 * The label `<name> v<version> byok:<owner>`.
 *
 * @throws ByokError BYOK_INPUT_INVALID for a name that no label can hold.
 */
export function formatKeyLabel(label: KeyLabel): string {
  const fault = nameFault(label.name);
  if (fault !== undefined) {
    throw new ByokError("BYOK_INPUT_INVALID", fault, { property: "name", hint: "Choose a shorter, printable name." });
  }
  return `${label.name} v${label.version} byok:${label.owner}`;
}

/** Reads a label, or undefined where the key is not ours. */
export function parseKeyLabel(text: string): KeyLabel | undefined {
  const [, name, version, owner] = labelPattern.exec(text) ?? [];
  if (name === undefined || version === undefined || owner === undefined) return undefined;
  return { name, version: Number(version), owner };
}
