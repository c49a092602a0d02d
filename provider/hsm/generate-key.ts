import { randomBytes } from "node:crypto";
import type { TokenGenerateRequest, TokenKey } from "../model/ports/token";
import { ByokError } from "../model/errors";
import type { KeySpec } from "../model/key-spec";
import { readerOf } from "./attributes";
import type { Handle, Session } from "./cryptoki";
import { describeKey } from "./describe-key";
import { assertTemplate } from "./key-drift";
import type { KeyObjects } from "./key-handles";
import { keyRecipe, type KeyPlace } from "./key-templates";
import type { Attempt } from "./live-token";
import { objectsOfId } from "./locate-key";

/** CKA_ID of a new key: random, so that no two keys of any token share one. */
export const newKeyId = (): string => randomBytes(16).toString("hex");

/**
 * Generates a key in the token and reads back that it is what was asked for. Where something fails, nothing of it stays:
 * a pair whose private half does not fit on the token leaves its public half behind on some.
 */
export async function generateKey(attempt: Attempt, request: TokenGenerateRequest, id: string): Promise<TokenKey> {
  const { session, handles } = attempt;
  if (attempt.again) removeRemains(session, id);
  try {
    const place = { token: true, id: Buffer.from(id, "hex"), label: request.label, unwraps: request.unwraps === true };
    const { key, publicKey } = await createKey(session, request.spec, place);
    assertTemplate(session, key, undefined, request.unwraps === true ? "unwraps" : "copied");
    const objects: KeyObjects = publicKey === undefined ? { id, key } : { id, key, publicKey };
    const made = describeKey(id, readerOf(session, key));
    if (made?.spec !== request.spec) {
      throw new ByokError("BYOK_TOKEN_UNSUPPORTED", `The token made another kind of key than ${request.spec}.`, {
        hint: "Use another token for this key type. The key was removed.",
      });
    }
    handles.set(objects);
    return made;
  } catch (thrown) {
    removeRemains(session, id);
    throw thrown;
  }
}

/** Generates a key or pair by its recipe, in the token or in the session. */
export async function createKey(
  { cryptoki, handle }: Session,
  spec: KeySpec,
  place: KeyPlace,
): Promise<{ readonly key: Handle; readonly publicKey?: Handle }> {
  const recipe = keyRecipe(spec, place);
  if (recipe.kind === "secret") {
    return { key: await cryptoki.C_GenerateKeyAsync(handle, recipe.mechanism, recipe.template) };
  }
  const { mechanism, publicTemplate, privateTemplate } = recipe;
  const pair = await cryptoki.C_GenerateKeyPairAsync(handle, mechanism, publicTemplate, privateTemplate);
  return { key: pair.privateKey, publicKey: pair.publicKey };
}

function removeRemains(session: Session, id: string): void {
  try {
    const { keys, publicKeys } = objectsOfId(session, id);
    for (const object of [...publicKeys, ...keys]) session.cryptoki.C_DestroyObject(session.handle, object);
  } catch {
    // The failure that brought us here is the one to report; with the token gone there is nothing to remove.
  }
}
