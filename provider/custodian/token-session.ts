import { ByokError, type ByokErrorCode } from "../model/errors";
import type { TokenKey, TokenPort } from "../model/ports/token";
import type { TokenConnection } from "../model/token";
import { recentReading, type RecentReading } from "./recent-reading";
import { sharedReading } from "./shared-reading";

/** How a token is opened. */
export interface TokenAdapters {
  /** The PIN that a reference names. */
  readonly resolvePin: (reference: string) => Promise<string>;
  readonly openToken: (connection: TokenConnection, pin: string) => Promise<TokenPort>;
}

/** A logged-in token. */
export interface OpenedToken {
  readonly token: TokenPort;
  /** {@link TokenPort.listKeys}, shared by those who ask at the same time. */
  readonly listKeys: () => Promise<readonly TokenKey[]>;
  readonly recentKeys: RecentReading<readonly TokenKey[]>;
}

/** The one logged-in token of this process. */
export interface TokenSession {
  /** Opens the token at first use. */
  opened(): Promise<OpenedToken>;
  /** Tells what an operation raised: a PIN that the token refused meanwhile is not tried again either. */
  noteFailure(error: ByokError): void;
  shutdown(): Promise<void>;
}

const pinRefusals: readonly ByokErrorCode[] = [
  "BYOK_TOKEN_PIN_INCORRECT",
  "BYOK_TOKEN_PIN_LOCKED",
  "BYOK_TOKEN_PIN_FINAL_TRY",
];

/**
 * Opens a token once and keeps it. A reference that failed and a PIN that was refused are remembered and never tried again in this
 * process: tokens count tries, and a hundred keys of one stack must not use them up. Other failures (no token in the slot) may
 * heal, and the next operation tries again.
 */
export function tokenSession(connection: TokenConnection, adapters: TokenAdapters): TokenSession {
  let opening: Promise<OpenedToken> | undefined;
  let refusal: ByokError | undefined;

  const resolvePin = async (): Promise<string> => {
    try {
      return await adapters.resolvePin(connection.pin);
    } catch (thrown) {
      refusal = ByokError.from(thrown, "Resolving the token's PIN");
      throw refusal;
    }
  };
  const noteFailure = (error: ByokError): void => {
    if (pinRefusals.includes(error.code)) refusal = error;
  };
  const open = async (): Promise<OpenedToken> => {
    try {
      const token = await adapters.openToken(connection, await resolvePin());
      const listKeys = sharedReading(() => token.listKeys());
      return { token, listKeys, recentKeys: recentReading(listKeys) };
    } catch (thrown) {
      const error = ByokError.from(thrown, "Opening the token");
      noteFailure(error);
      opening = undefined;
      throw error;
    }
  };

  return {
    opened: () => {
      if (refusal !== undefined) return Promise.reject(refusal);
      opening ??= open();
      return opening;
    },
    noteFailure,
    shutdown: async () => {
      const open = await opening?.catch(() => undefined);
      await open?.token.shutdown();
    },
  };
}
