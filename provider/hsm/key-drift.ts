import { ByokError } from "../model/errors";
import { readFlag } from "./attributes";
import type { Handle, Session } from "./cryptoki";
import type { AttributeName } from "./pkcs11-constants";

/** History that a token tells truly; NSS, for one, reports CKA_LOCAL false for keys that it made. */
export interface ToldHistory {
  readonly local: boolean;
  readonly alwaysSensitive: boolean;
}

/** What must still stand before a key is wrapped. An attribute that a key of its class does not have is not asked for. */
const expected: readonly (readonly [AttributeName, boolean, "required" | "if told"])[] = [
  ["TOKEN", true, "required"],
  ["PRIVATE", true, "required"],
  ["SENSITIVE", true, "required"],
  ["EXTRACTABLE", true, "required"],
  ["SIGN", true, "required"],
  ["ENCRYPT", false, "if told"],
  ["DECRYPT", false, "if told"],
  ["WRAP", false, "if told"],
  ["UNWRAP", false, "if told"],
  ["DERIVE", false, "if told"],
];

/**
 * Refuses a key that is not, or no longer, what generation makes: someone who can change it could have taken a copy.
 *
 * @throws ByokError BYOK_KEY_DRIFTED
 */
export function assertTemplate(
  session: Session,
  key: Handle,
  history?: ToldHistory,
  purpose: "copied" | "unwraps" = "copied",
): void {
  for (const [name, usual, how] of expected) {
    const wanted = name === "UNWRAP" ? purpose === "unwraps" : usual;
    const actual = readFlag(session, key, name);
    if (actual === wanted || (actual === undefined && how === "if told")) continue;
    throw drifted(name, wanted, actual);
  }
  if (history?.alwaysSensitive === true) assertTrue(session, key, "ALWAYS_SENSITIVE");
  if (history?.local === true) assertTrue(session, key, "LOCAL");
}

function assertTrue(session: Session, key: Handle, name: AttributeName): void {
  const actual = readFlag(session, key, name);
  if (actual !== true) throw drifted(name, true, actual);
}

const drifted = (name: AttributeName, wanted: boolean, actual: boolean | undefined): ByokError =>
  new ByokError(
    "BYOK_KEY_DRIFTED",
    `CKA_${name} of the key is ${actual ?? "missing"}; keys of this package are made with ${wanted}.`,
    { hint: "Somebody changed or replaced the key in the token. Find out who, then generate a new version." },
  );
