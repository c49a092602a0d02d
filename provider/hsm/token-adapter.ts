import { ByokError } from "../model/errors";
import { keySpecFacts, isAsymmetric, type KeySpec } from "../model/key-spec";
import type { Fingerprint, UnwrapQuestion } from "../model/ports/custodian";
import type { ForeignFacts, ForeignMaterial, TokenGenerateRequest, TokenKey, TokenPort } from "../model/ports/token";
import type { TokenReport } from "../model/token";
import type { KeyTraits } from "../model/token-holding";
import type { WrappingAlgorithm } from "../model/wrapping";
import { readerOf } from "./attributes";
import { closeKey, destroyKey, relabelKey } from "./change-key";
import { checkValueOf } from "./check-value";
import { deleteDataObjects, newestDataObjects, readDataObjects, writeDataObject } from "./data-objects";
import { describeKey } from "./describe-key";
import { assertPresent } from "./find-slot";
import { fingerprintKey, macWith } from "./fingerprint-key";
import { inspectForeign, keepForeign, macForeign, wrapForeign } from "./foreign-material";
import { generateKey, newKeyId } from "./generate-key";
import type { KeyObjects } from "./key-handles";
import { readSpec } from "./key-spec-forms";
import { readTraits } from "./key-traits";
import { listMarkedKeys } from "./list-keys";
import type { Attempt, LiveToken } from "./live-token";
import { locate, locateAfresh } from "./locate-key";
import { probeToken } from "./probe-token";
import { probeUnwrap } from "./probe-unwrap";
import type { TokenFindings } from "./token-findings";
import { readPublicKey } from "./read-public-key";
import { signMessage } from "./sign-with-key";
import { wrapKey } from "./wrap-key";
import { readWrappingPublicKey } from "./wrapping-public-key";

/** The port over one live token: each method is one operation that survives stale handles and a token that comes back. */
export class TokenAdapter implements TokenPort {
  private found: Promise<TokenFindings> | undefined;

  constructor(private readonly token: LiveToken) {}

  async report(): Promise<TokenReport> {
    return { identity: this.token.identity, abilities: (await this.findings()).abilities };
  }

  listKeys(): Promise<readonly TokenKey[]> {
    return this.run("Listing keys", (attempt) => listMarkedKeys(attempt));
  }

  findKey(id: string): Promise<TokenKey | undefined> {
    return this.run("Finding a key", (attempt) => {
      const objects = locateAfresh(attempt, id);
      return objects === undefined ? undefined : describeKey(id, readerOf(attempt.session, objects.key));
    });
  }

  async traits(id: string): Promise<KeyTraits> {
    const { history } = await this.findings();
    return this.withKey("Reading where a key came from", id, ({ session }, { key }) =>
      readTraits(session, key, history),
    );
  }

  generate(request: TokenGenerateRequest): Promise<TokenKey> {
    const id = newKeyId();
    return this.write(`Generating an ${request.spec} key`, (attempt) => generateKey(attempt, request, id));
  }

  setLabel(id: string, label: string): Promise<void> {
    return this.write("Renaming a key", (attempt) => relabelKey(attempt, id, label));
  }

  async wrap(
    id: string,
    publicKey: Buffer,
    algorithm: WrappingAlgorithm,
    history?: "made" | "brought",
  ): Promise<Buffer> {
    const wrappingKey = readWrappingPublicKey(publicKey);
    const findings = await this.findings();
    return this.run("Wrapping a key", (attempt) => wrapKey(attempt, id, wrappingKey, algorithm, findings, history));
  }

  async unwrapRefusal(question: UnwrapQuestion): Promise<string | undefined> {
    const findings = await this.findings();
    return this.run("Testing what the token unwraps", ({ session }) => probeUnwrap(session, findings, question));
  }

  async inspectForeign(material: ForeignMaterial): Promise<ForeignFacts> {
    const findings = await this.findings();
    return this.run("Taking material in", (attempt) => inspectForeign(attempt, material, findings));
  }

  async wrapForeign(
    material: ForeignMaterial,
    expected: Fingerprint,
    publicKey: Buffer,
    algorithm: WrappingAlgorithm,
  ): Promise<Buffer> {
    const wrappingKey = readWrappingPublicKey(publicKey);
    const findings = await this.findings();
    return this.run("Wrapping material", (attempt) =>
      wrapForeign(attempt, material, expected, wrappingKey, algorithm, findings),
    );
  }

  async macForeign(material: ForeignMaterial, message: Buffer): Promise<Buffer> {
    const findings = await this.findings();
    return this.run("Computing a MAC", (attempt) => macForeign(attempt, material, message, findings));
  }

  async keepForeign(material: ForeignMaterial, label: string): Promise<TokenKey> {
    const findings = await this.findings();
    const id = newKeyId();
    return this.write("Keeping material in the token", (attempt) =>
      keepForeign(attempt, material, label, id, findings),
    );
  }

  async fingerprint(id: string): Promise<Fingerprint> {
    const { abilities } = await this.findings();
    return this.withKey("Computing a fingerprint", id, ({ session }, objects, spec) =>
      fingerprintKey(session, objects, spec, abilities.fingerprint),
    );
  }

  async checkValue(id: string): Promise<string> {
    const findings = await this.findings();
    return this.withKey("Computing a check value", id, ({ session }, objects, spec) =>
      checkValueOf(session, objects, spec, findings),
    );
  }

  publicKey(id: string): Promise<Buffer> {
    return this.withKey("Reading a public key", id, ({ session }, objects, spec) => {
      if (!isAsymmetric(spec)) throw noSuchUse(spec, "has no public key");
      return readPublicKey(session, objects, spec);
    });
  }

  async mac(id: string, message: Buffer): Promise<Buffer> {
    const { cmac } = await this.findings();
    return this.withKey("Computing a MAC", id, ({ session }, { key }, spec) => {
      const { family } = keySpecFacts[spec];
      if (family !== "hmac" && !(family === "aes" && cmac)) throw noSuchUse(spec, "makes no MAC in this token");
      return macWith(session, key, spec, message);
    });
  }

  sign(id: string, message: Buffer): Promise<Buffer> {
    return this.withKey("Signing", id, ({ session }, { key }, spec) => signMessage(session, key, spec, message));
  }

  close(id: string): Promise<void> {
    return this.write("Closing a key", (attempt) => closeKey(attempt, id));
  }

  destroy(id: string): Promise<void> {
    return this.write("Destroying a key", (attempt) => destroyKey(attempt, id));
  }

  listData(prefix: string): Promise<readonly { readonly label: string; readonly value: Buffer }[]> {
    return this.run("Listing data objects", ({ session }) => {
      const newest = newestDataObjects(readDataObjects(session, (label) => label.startsWith(prefix)));
      assertPresent(session);
      return newest.map(({ label, value }) => ({ label, value })).sort((a, b) => (a.label < b.label ? -1 : 1));
    });
  }

  putData(label: string, value: Buffer): Promise<void> {
    return this.write("Writing a data object", ({ session }) => writeDataObject(session, label, value));
  }

  deleteData(label: string): Promise<void> {
    return this.write("Removing a data object", ({ session }) => {
      deleteDataObjects(session, label);
      assertPresent(session);
    });
  }

  shutdown(): Promise<void> {
    return this.token.close();
  }

  /** The self-test runs once; one that failed runs again when it is needed next. */
  private findings(): Promise<TokenFindings> {
    this.found ??= this.write("Testing what the token can do", ({ session }) => probeToken(session)).catch(
      (thrown: unknown) => {
        this.found = undefined;
        throw thrown;
      },
    );
    return this.found;
  }

  private withKey<T>(
    doing: string,
    id: string,
    work: (attempt: Attempt, objects: KeyObjects, spec: KeySpec) => T | Promise<T>,
  ): Promise<T> {
    return this.run(doing, (attempt) => {
      const objects = locate(attempt, id);
      const spec = readSpec(readerOf(attempt.session, objects.key));
      if (spec === undefined) {
        throw new ByokError("BYOK_KEY_DRIFTED", "CKA_KEY_TYPE and size of the key are none that this package makes.", {
          hint: "Somebody replaced the key in the token. Find out who, then generate a new version.",
        });
      }
      return work(attempt, objects, spec);
    });
  }

  /** {@link run} for what writes objects of the token. */
  private write<T>(doing: string, work: (attempt: Attempt) => T | Promise<T>): Promise<T> {
    return this.token.run(doing, async (attempt) => work(attempt), "alone");
  }

  /** Makes every failure a rejection, also one that is thrown before the first await. */
  private run<T>(doing: string, work: (attempt: Attempt) => T | Promise<T>): Promise<T> {
    return this.token.run(doing, async (attempt) => work(attempt));
  }
}

const noSuchUse = (spec: KeySpec, what: string): ByokError =>
  new ByokError("BYOK_TOKEN_UNSUPPORTED", `An ${spec} key ${what}.`, { hint: "Ask for a key of a fitting type." });
