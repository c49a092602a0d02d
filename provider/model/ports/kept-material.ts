import type { HoldingKind } from "../token-holding";
import type { CopyLink, SourceVersion, VersionRef } from "./custodian";

/** A key of this package in a token, with what the token remembers of it. */
export interface TokenHolding extends SourceVersion {
  readonly kind: HoldingKind;
  /** True: it is imported into no further key. */
  readonly deactivated: boolean;
  /** Copies that the token remembers; empty where it stores no links. */
  readonly copies: readonly CopyLink[];
}

/** Names kept material and the very key that is meant. */
export interface KeptKey extends VersionRef {
  /** CKA_ID, 32 hex digits. */
  readonly id: string;
}

/** What the custodian does with material that copies keep in the token. */
export interface KeptMaterialPort {
  /** Everything that pulumi-byok has in this token, ordered by owner and version. */
  holdings(): Promise<readonly TokenHolding[]>;
  /**
   * Destroys kept material, as {@link CustodianPort.destroy} does; what is gone already is success. A source key is never destroyed by it
   * (BYOK_OWNED_BY_ANOTHER), nor another key that has taken the place of the one that is meant (BYOK_KEY_DRIFTED).
   */
  discard(kept: KeptKey): Promise<void>;
}
