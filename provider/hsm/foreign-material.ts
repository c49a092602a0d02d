import { ByokError } from "../model/errors";
import type { Fingerprint } from "../model/ports/custodian";
import type { ForeignFacts, ForeignMaterial, TokenKey } from "../model/ports/token";
import { isAsymmetric } from "../model/key-spec";
import type { WrappingAlgorithm } from "../model/wrapping";
import { readFlag } from "./attributes";
import { checkValueOf } from "./check-value";
import type { Handle } from "./cryptoki";
import { fingerprintKey, macWith } from "./fingerprint-key";
import { takeIn, type ForeignObjects } from "./foreign-key";
import { assertTemplate } from "./key-drift";
import type { KeyObjects } from "./key-handles";
import type { Attempt } from "./live-token";
import { locate, objectsOfId } from "./locate-key";
import { readPublicKey } from "./read-public-key";
import type { TokenFindings } from "./token-findings";
import { destroyQuietly, wrapObject } from "./wrap-key";
import type { WrappingPublicKey } from "./wrapping-public-key";

/** Looks at foreign material within a session. */
export const inspectForeign = (
  attempt: Attempt,
  material: ForeignMaterial,
  findings: TokenFindings,
): Promise<ForeignFacts> =>
  withForeign(attempt, material, findings, async (objects) => {
    const { session } = attempt;
    const { spec } = material;
    const fingerprint = await fingerprintKey(session, objects, spec, findings.abilities.fingerprint);
    const checkValue = await checkValueOf(session, objects, spec, findings);
    if (!isAsymmetric(spec)) return { fingerprint, checkValue };
    return { fingerprint, checkValue, publicKey: await readPublicKey(session, objects, spec) };
  });

/** Wraps foreign material for a cloud; a file may have been exchanged since it was looked at. */
export const wrapForeign = (
  attempt: Attempt,
  material: ForeignMaterial,
  expected: Fingerprint,
  publicKey: WrappingPublicKey,
  algorithm: WrappingAlgorithm,
  findings: TokenFindings,
): Promise<Buffer> =>
  withForeign(attempt, material, findings, async (objects) => {
    const { session } = attempt;
    const found = await fingerprintKey(session, objects, material.spec, findings.abilities.fingerprint);
    if (found.method !== expected.method || found.value !== expected.value) {
      throw new ByokError("BYOK_KEY_DRIFTED", "The file holds another key than a moment ago; nothing was wrapped.", {
        property: "material.file",
        hint: "Find out who writes to the file, then run again.",
      });
    }
    return wrapObject(session, objects.key, publicKey, algorithm, findings);
  });

/** A MAC under foreign material. */
export const macForeign = (
  attempt: Attempt,
  material: ForeignMaterial,
  message: Buffer,
  findings: TokenFindings,
): Promise<Buffer> =>
  withForeign(attempt, material, findings, ({ key }) => macWith(attempt.session, key, material.spec, message));

/** Keeps foreign material as a key of the token. Where something fails, nothing of it stays. */
export async function keepForeign(
  attempt: Attempt,
  material: ForeignMaterial,
  label: string,
  id: string,
  findings: TokenFindings,
): Promise<TokenKey> {
  const { session, handles } = attempt;
  const remove = (): void => {
    const { keys, publicKeys } = objectsOfId(session, id);
    for (const object of [...publicKeys, ...keys]) destroyQuietly(session, object);
  };
  if (attempt.again) remove();
  try {
    const place = { token: true, id: Buffer.from(id, "hex"), label };
    const { key, publicKey } = await takeIn(
      session,
      material,
      kekOf(attempt, material),
      findings.keyWrapMechanism,
      place,
    );
    assertTemplate(session, key);
    handles.set(publicKey === undefined ? { id, key } : { id, key, publicKey });
    return { id, label, spec: material.spec, extractable: true };
  } catch (thrown) {
    remove();
    throw thrown;
  }
}

async function withForeign<T>(
  attempt: Attempt,
  material: ForeignMaterial,
  findings: TokenFindings,
  work: (objects: KeyObjects) => Promise<T>,
): Promise<T> {
  const { session } = attempt;
  const place = { token: false, id: Buffer.alloc(0), label: "" };
  // Whatever is left of it ends with the session.
  session.retire();
  let objects: ForeignObjects | undefined;
  try {
    objects = await takeIn(session, material, kekOf(attempt, material), findings.keyWrapMechanism, place);
    return await work({ id: "", ...objects });
  } finally {
    if (objects !== undefined) {
      destroyQuietly(session, objects.key);
      if (objects.publicKey !== undefined) destroyQuietly(session, objects.publicKey);
    }
  }
}

function kekOf(attempt: Attempt, material: ForeignMaterial): Handle | undefined {
  if ("clear" in material) return undefined;
  const { key } = locate(attempt, material.kek);
  if (readFlag(attempt.session, key, "UNWRAP") === true) return key;
  throw new ByokError("BYOK_KEY_DRIFTED", "CKA_UNWRAP of the key-encryption key is not set.", {
    property: "material.kek",
    hint: 'A key-encryption key is a SourceKey that was made with operations: ["unwrap"].',
  });
}
