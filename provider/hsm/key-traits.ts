import type { KeyTraits } from "../model/token-holding";
import { readFlag } from "./attributes";
import type { Handle, Session } from "./cryptoki";
import type { ToldHistory } from "./key-drift";

/** Where a key came from, by what this token tells truly. CKA_ALWAYS_SENSITIVE is false of whatever was created or unwrapped (PKCS#11 v3.1 §4.9). */
export function readTraits(session: Session, key: Handle, history: ToldHistory): KeyTraits {
  const unwraps = readFlag(session, key, "UNWRAP") === true;
  if (history.local) return { unwraps, made: readFlag(session, key, "LOCAL") === true };
  if (history.alwaysSensitive) return { unwraps, made: readFlag(session, key, "ALWAYS_SENSITIVE") === true };
  return { unwraps };
}
