import { createHash } from "node:crypto";
import type { OaepHash, TokenAbilities } from "../model/token";
import { readAttribute, readFlag } from "./attributes";
import type { Handle, Session } from "./cryptoki";
import { createDataObject, readDataObjects } from "./data-objects";
import { assertPresent } from "./find-slot";
import { fingerprintDomains } from "./fingerprint-domains";
import { digestKey } from "./fingerprint-key";
import type { ToldHistory } from "./key-drift";
import { probeKeyWrap } from "./probe-key-wrap";
import { probeSpecs } from "./probe-specs";
import type { TokenFindings } from "./token-findings";
import { probeMac, ProbeBench } from "./probe-bench";
import { ckrOf, CKR, failureOf, refusesObject } from "./return-codes";
import { destroyQuietly } from "./wrap-key";

/** OAEP hashes that both clouds name, weakest first. */
const testedHashes: readonly OaepHash[] = ["sha1", "sha256"];

/**
 * Classifies a token by what it does, never by the mechanisms that it lists: one mechanism id means RFC 5649 in one token and
 * something else in the next. All keys are throw-away session objects. The one object that may be written to the token, to
 * see whether it keeps data objects, is removed at once, and is written only where none of ours is there yet.
 */
export async function probeToken(session: Session): Promise<TokenFindings> {
  // A pair of which only one half was made leaves an object that nobody has a handle of.
  session.retire();
  const bench = await ProbeBench.open(session);
  try {
    const secret = await bench.makeAes();
    const history = readHistory(session, secret);
    const oaepHashes: OaepHash[] = [];
    for (const hash of testedHashes) {
      if ((await bench.reveal(secret, hash))?.length === 32) oaepHashes.push(hash);
    }
    const hash = oaepHashes.at(-1);
    const keyWrap = hash === undefined ? undefined : await probeKeyWrap(bench, hash);
    const digests = hash !== undefined && digestsKeys(session, secret, await bench.reveal(secret, hash));
    const cmac = await probeMac(session, secret, "AES_256");
    const abilities: TokenAbilities = {
      oaepHashes,
      keyWrapPadding: keyWrap?.padding ?? "none",
      specs: await probeSpecs(bench, { digests }),
      fingerprint: digests ? "digest-key" : "mac",
      enforcesExtractable: hash !== undefined && (await enforcesExtractable(bench, hash)),
      storesLinks: storesData(session),
    };
    // A token that went away in between would look like one that can do nothing.
    assertPresent(session);
    return { abilities, history, keyWrapMechanism: keyWrap?.mechanism, cmac };
  } finally {
    bench.clear();
  }
}

/** A fresh key is local and always was sensitive; a token that says otherwise of it says nothing about others. */
const readHistory = (session: Session, fresh: Handle): ToldHistory => ({
  local: readFlag(session, fresh, "LOCAL") === true,
  alwaysSensitive: readFlag(session, fresh, "ALWAYS_SENSITIVE") === true,
});

function digestsKeys(session: Session, key: Handle, value: Buffer | undefined): boolean {
  if (value === undefined) return false;
  try {
    const expected = createHash("sha256").update(fingerprintDomains.key, "ascii").update(value).digest("hex");
    return digestKey(session, key) === expected;
  } catch {
    return false;
  } finally {
    value.fill(0);
  }
}

async function enforcesExtractable(bench: ProbeBench, hash: OaepHash): Promise<boolean> {
  try {
    const closed = await bench.makeAes({ EXTRACTABLE: false });
    (await bench.wrapUnderTestKey(closed, hash)).fill(0);
    return false;
  } catch (thrown) {
    const code = ckrOf(thrown);
    return code === CKR.KEY_UNEXTRACTABLE || code === CKR.KEY_NOT_WRAPPABLE;
  }
}

const probeLabel = "byok-probe";

/**
 * Whether the token keeps data objects. It is never denied on a failure: a token that remembers what may be done with its keys is not taken for one that
 * cannot, because another process wrote an object at that moment.
 */
function storesData(session: Session): boolean {
  const existing = readDataObjects(session, () => true);
  // What an interrupted self-test left; one of another process may go on its own in this moment.
  for (const { handle, label } of existing) if (label === probeLabel) destroyQuietly(session, handle);
  if (existing.length > 0) return true;
  let written: Handle;
  try {
    written = createDataObject(session, probeLabel, 1n, Buffer.from("probe", "ascii"));
  } catch (thrown) {
    if (refusesObject(thrown)) return false;
    throw thrown;
  }
  try {
    return (readAttribute(session, written, "VALUE")?.length ?? 0) > 0;
  } catch (thrown) {
    // Another process tidied up what this one wrote: so it was there.
    if (failureOf(thrown) === "stale") return true;
    throw thrown;
  } finally {
    destroyQuietly(session, written);
  }
}
