import { ByokError, type ByokErrorCode } from "../model/errors";
import type { TokenPort } from "../model/ports/token";
import type { TokenConnection } from "../model/token";

/** How a token is opened. */
export interface TokenAdapters {
  /** The PIN that a reference names. */
  readonly resolvePin: (reference: string) => Promise<string>;
  readonly openToken: (connection: TokenConnection, pin: string) => Promise<TokenPort>;
}

/** The one logged-in token of this process. */
export interface TokenSession {
  /** Opens the token at first use. */
  token(): Promise<TokenPort>;
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
  let opening: Promise<TokenPort> | undefined;
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
  const open = async (): Promise<TokenPort> => {
    try {
      return await adapters.openToken(connection, await resolvePin());
    } catch (thrown) {
      const error = ByokError.from(thrown, "Opening the token");
      noteFailure(error);
      opening = undefined;
      throw error;
    }
  };

  return {
    token: () => {
      if (refusal !== undefined) return Promise.reject(refusal);
      opening ??= open();
      return opening;
    },
    noteFailure,
    shutdown: async () => {
      const token = await opening?.catch(() => undefined);
      await token?.shutdown();
    },
  };
}
