import { createHmac, randomBytes } from "node:crypto";
import { ByokError } from "../model/errors";
import type { TokenIdentity } from "../model/token";
import type { Cryptoki, Handle } from "./cryptoki";
import { CKF, CKU_USER } from "./pkcs11-constants";
import { CKR, ckrOf } from "./return-codes";
import { tokenError } from "./token-error";

/** Keys the memory of refused PINs, so that it holds nothing that a PIN could be guessed from outside this process. */
const memoryKey = randomBytes(32);
const refusedPins = new Set<string>();

const wrongPinCodes: readonly (number | undefined)[] = [CKR.PIN_INCORRECT, CKR.PIN_INVALID, CKR.PIN_LEN_RANGE];

/**
 * Logs the user in. A token locks after a few wrong PINs, so a PIN is tried once: one that was refused is remembered until
 * the process ends, and none is tried when the next wrong one would lock the token.
 *
 * @throws ByokError BYOK_TOKEN_PIN_INCORRECT, BYOK_TOKEN_PIN_FINAL_TRY, BYOK_TOKEN_PIN_LOCKED
 */
export function logIn(cryptoki: Cryptoki, slot: Handle, session: Handle, identity: TokenIdentity, pin: string): void {
  const name = `token "${identity.label}"`;
  const attempt = createHmac("sha256", memoryKey).update(`${identity.serial}\0${identity.label}\0${pin}`).digest("hex");
  if (refusedPins.has(attempt)) {
    throw new ByokError("BYOK_TOKEN_PIN_INCORRECT", `The ${name} refused this PIN before; it is not tried again.`, {
      hint: "Correct what the PIN reference points to, then run again.",
      property: "token.pin",
    });
  }
  const { flags } = cryptoki.C_GetTokenInfo(slot);
  if ((flags & CKF.USER_PIN_LOCKED) !== 0) {
    throw new ByokError("BYOK_TOKEN_PIN_LOCKED", `The user PIN of the ${name} is locked.`, {
      hint: "The security officer of the token can unlock it (C_InitPIN).",
      property: "token.pin",
    });
  }
  if ((flags & CKF.USER_PIN_FINAL_TRY) !== 0) {
    throw new ByokError("BYOK_TOKEN_PIN_FINAL_TRY", `One more wrong PIN would lock the ${name}, so none is tried.`, {
      hint: "Log in once with the vendor's tool and the right PIN; that resets the count.",
      property: "token.pin",
    });
  }
  try {
    cryptoki.C_Login(session, CKU_USER, pin);
  } catch (thrown) {
    const code = ckrOf(thrown);
    if (code === CKR.USER_ALREADY_LOGGED_IN) return;
    if (wrongPinCodes.includes(code)) refusedPins.add(attempt);
    throw tokenError(thrown, `Logging in to the ${name}`).with({ property: "token.pin" });
  }
}
