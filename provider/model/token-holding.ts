/**
 * What a key of this package in a token is for: a version of a `SourceKey`, a key-encryption key, or material that a copy keeps there
 * (`keepInToken: true`).
 */
export const holdingKinds = ["source", "kek", "kept"] as const;
export type HoldingKind = (typeof holdingKinds)[number];

/** What a token tells of where a key came from. */
export interface KeyTraits {
  /** CKA_UNWRAP. */
  readonly unwraps: boolean;
  /** Whether the token made the key itself; absent where it does not tell that truly. */
  readonly made?: boolean;
}

/**
 * The kind of a key. Material counts as kept only where the token tells that it did not make it, and no source key of any stack claimed it: that a claim
 * is missing tells nothing by itself. `claimed` is undefined where the token remembers no claims.
 */
export function holdingKind({ unwraps, made }: KeyTraits, claimed: boolean | undefined): HoldingKind {
  if (unwraps) return "kek";
  return made === false && claimed !== true ? "kept" : "source";
}
