import { ByokError } from "../model/errors";
import type { TokenConnection, TokenIdentity } from "../model/token";
import type { Cryptoki, CryptokiTokenInfo, Handle, Session } from "./cryptoki";
import { CKF, CKS_RW_USER_FUNCTIONS } from "./pkcs11-constants";
import { CKR } from "./return-codes";

/** A token in its slot. Slot ids move between runs, so it is found by what the token says of itself. */
export interface FoundSlot {
  readonly slot: Handle;
  readonly identity: TokenIdentity;
}

/**
 * Finds the one token with the label and the serial number that are asked for.
 *
 * @throws ByokError BYOK_TOKEN_NOT_FOUND, BYOK_TOKEN_AMBIGUOUS
 */
export function findSlot(cryptoki: Cryptoki, connection: Pick<TokenConnection, "label" | "serial">): FoundSlot {
  const tokens = initialisedTokens(cryptoki);
  const { label, serial } = connection;
  const matching = tokens.filter(
    ({ identity }) =>
      (label === undefined || identity.label === label) && (serial === undefined || identity.serial === serial),
  );
  const [found, ...others] = matching;
  if (found !== undefined && others.length === 0) return found;
  const asked = [
    ...(label === undefined ? [] : [`label "${label}"`]),
    ...(serial === undefined ? [] : [`serial number ${serial}`]),
  ].join(" and ");
  const described = asked === "" ? "" : ` with ${asked}`;
  if (found === undefined) {
    const present = tokens.map(({ identity }) => `"${identity.label}" (${identity.serial})`).join(", ");
    throw new ByokError("BYOK_TOKEN_NOT_FOUND", `The module shows no token${described}.`, {
      hint: present === "" ? "It shows no initialised token at all." : `It shows: ${present}.`,
      property: label === undefined ? "token.serial" : "token.label",
      retryable: true,
    });
  }
  throw new ByokError("BYOK_TOKEN_AMBIGUOUS", `The module shows ${matching.length} tokens${described}.`, {
    hint: `Name one by its serial number: ${matching.map(({ identity }) => `${identity.serial} ("${identity.label}")`).join(", ")}.`,
    property: "token.serial",
  });
}

/**
 * Throws where the token is gone or the login is. Looking for objects does not tell: SoftHSM finds nothing, without an error,
 * once its folder is away, and no token shows private objects to a session that is logged out. So this is asked before "there
 * is no such key" is said.
 */
export function assertPresent({ cryptoki, slot, identity, handle }: Session): void {
  const { serial } = identify(cryptoki.C_GetTokenInfo(slot));
  if (serial !== identity.serial) throw new Error(`CKR_TOKEN_NOT_PRESENT:${CKR.TOKEN_NOT_PRESENT}`);
  const { state } = cryptoki.C_GetSessionInfo(handle);
  if (state !== CKS_RW_USER_FUNCTIONS) throw new Error(`CKR_USER_NOT_LOGGED_IN:${CKR.USER_NOT_LOGGED_IN}`);
}

function initialisedTokens(cryptoki: Cryptoki): readonly FoundSlot[] {
  return cryptoki.C_GetSlotList(true).flatMap((slot) => {
    const info = infoOf(cryptoki, slot);
    if (info === undefined || (info.flags & CKF.TOKEN_INITIALIZED) === 0) return [];
    return [{ slot, identity: identify(info) }];
  });
}

/** A slot whose token does not answer is passed by: it is not the one that is asked for, or it will be missed by name. */
function infoOf(cryptoki: Cryptoki, slot: Handle): CryptokiTokenInfo | undefined {
  try {
    return cryptoki.C_GetTokenInfo(slot);
  } catch {
    return undefined;
  }
}

// Fields of CK_TOKEN_INFO have a fixed length and are padded with blanks; some modules pad with NUL.
const unpadded = (text: string): string => text.replace(/[\s\0]+$/, "");

const identify = (info: CryptokiTokenInfo): TokenIdentity => ({
  label: unpadded(info.label),
  serial: unpadded(info.serialNumber),
  manufacturer: unpadded(info.manufacturerID),
  model: unpadded(info.model),
  firmware: `${info.firmwareVersion.major}.${info.firmwareVersion.minor}`,
});
