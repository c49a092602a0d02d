import type { MadeWrappingKeys, PinnedWrappingKey } from "../model/ports/azure-import";

/** Remembers for as long as the process lives. */
export function rememberedInProcess(): MadeWrappingKeys {
  const made = new Set<string>();
  const textOf = ({ id, publicKeySha256 }: PinnedWrappingKey): string => `${id} ${publicKeySha256}`;
  return {
    add: (key) => void made.add(textOf(key)),
    has: (key) => made.has(textOf(key)),
  };
}
