import { ByokError } from "../model/errors";
import type { KeySpec } from "../model/key-spec";
import type { Fingerprint, MaterialFile, VersionRef } from "../model/ports/custodian";
import type { SourceRules } from "../model/source-rules";
import type { ForeignFacts, ForeignMaterial, TokenPort } from "../model/ports/token";
import { formatKeyLabel } from "../model/key-label";
import { isLabOwner } from "../model/owner";
import type { WrappingAlgorithm } from "../model/wrapping";
import { decodeFile, fileDigest, requireMaterial } from "./decode-material";
import { findVersion, markedKeys, requireVersion, versionInWords, type MarkedKey } from "./find-version";
import type { FileAdapters, OperationContext } from "./operation-context";

/** Material that can be wrapped for a cloud, wherever it arose, and what shows that a copy is the same. */
export interface Material {
  readonly spec: KeySpec;
  /** For messages: `version 2 of "orders"`, or the file. */
  readonly words: string;
  /** False: nothing of it stays in the token. */
  readonly inToken: boolean;
  /** False for a closed version, which is never wrapped again. */
  readonly exportable: boolean;
  wrap(publicKey: Buffer, algorithm: WrappingAlgorithm): Promise<Buffer>;
  fingerprint(): Promise<Fingerprint>;
  checkValue(): Promise<string>;
  /** SubjectPublicKeyInfo (DER) of a pair. */
  publicKey(): Promise<Buffer>;
  /** HMAC of an HMAC key, AES-CMAC of an AES key. @throws ByokError BYOK_TOKEN_UNSUPPORTED */
  mac(message: Buffer): Promise<Buffer>;
}

/** What tells which material is meant, towards whichever cloud. */
export interface MaterialRequest extends VersionRef {
  readonly spec: KeySpec;
  readonly file?: MaterialFile;
  readonly rules: Pick<SourceRules, "lab">;
  readonly expectedFingerprint?: string;
}

/**
 * Finds the material of a request, or takes it in from its file, and lets it go afterwards: bytes of a file in clear are wiped.
 *
 * @throws ByokError BYOK_KEY_NOT_FOUND, BYOK_KEY_AMBIGUOUS, BYOK_KEY_DRIFTED, BYOK_KEY_NOT_EXPORTABLE, BYOK_MATERIAL_INVALID, BYOK_REFERENCE_*
 */
export async function withMaterial<T>(
  context: OperationContext,
  request: MaterialRequest,
  work: (material: Material) => Promise<T>,
): Promise<T> {
  const { file, spec } = request;
  if (file === undefined) return work(keyMaterial(context.token, await requireVersion(context, request, spec), "made"));
  const kept = file.keptAs === undefined ? undefined : await findVersion(context, request);
  if (kept !== undefined) return work(keyMaterial(context.token, kept, "brought"));
  const content = await contentOf(context, file);
  try {
    if (file.kek === undefined) requireMaterial(content, spec);
    const { foreign, facts } = await takeIn(context, { spec, lab: request.rules.lab }, file, content);
    if (file.keptAs === undefined) return await work(foreignMaterial(context.token, file, foreign, facts));
    requireSame(request, facts.fingerprint, wordsOf(file));
    const label = formatKeyLabel({ name: file.keptAs, owner: request.owner, version: request.version });
    const key = await context.perOwner(request.owner, () =>
      context.change(() => context.token.keepForeign(foreign, label)),
    );
    return await work(keyMaterial(context.token, { key, label: { ...request, name: file.keptAs } }, "brought"));
  } finally {
    content.fill(0);
  }
}

/** {@link CustodianPort.inspectFile} */
export async function inspectFile(context: FileAdapters, file: MaterialFile, spec: KeySpec): Promise<string> {
  const content = await contentOf(context, file);
  try {
    if (file.kek === undefined) requireMaterial(content, spec);
    return fileDigest(content);
  } finally {
    content.fill(0);
  }
}

/** {@link CustodianPort.fingerprintFile} */
export async function fingerprintFile(
  context: OperationContext,
  file: MaterialFile,
  spec: KeySpec,
  lab: boolean,
): Promise<Fingerprint> {
  const content = await contentOf(context, file);
  try {
    if (file.kek === undefined) requireMaterial(content, spec);
    return (await takeIn(context, { spec, lab }, file, content)).facts.fingerprint;
  } finally {
    content.fill(0);
  }
}

/**
 * Another key than the one that was copied must not get as far as AWS, which would tell the difference last.
 *
 * @throws ByokError BYOK_KEY_DRIFTED
 */
export function requireSame(request: MaterialRequest, { method, value }: Fingerprint, words: string): void {
  if (request.expectedFingerprint === undefined || `${method}:${value}` === request.expectedFingerprint) return;
  throw new ByokError(
    "BYOK_KEY_DRIFTED",
    `${request.file === undefined ? `What the token holds as ${words}` : `What ${words} holds`} is another key than the one that was copied: its fingerprint is ${method}:${value}.`,
    {
      hint:
        request.file === undefined
          ? "Nothing was imported. Restore the token's key from its backup."
          : "Nothing was imported. AWS takes the same material again and no other: hand over the file that was imported first.",
    },
  );
}

async function contentOf(context: FileAdapters, file: MaterialFile): Promise<Buffer> {
  let content: Buffer | undefined;
  try {
    content = await context.readFile(file.path, { guarded: file.kek === undefined });
    return decodeFile(content, file.encoding);
  } catch (thrown) {
    throw thrown instanceof ByokError ? thrown.with({ property: "material.file" }) : thrown;
  } finally {
    content?.fill(0);
  }
}

/** A key-encryption key that was rotated still opens what was encrypted before; the newest version is tried first. */
async function takeIn(
  context: OperationContext,
  { spec, lab }: { readonly spec: KeySpec; readonly lab: boolean },
  file: MaterialFile,
  content: Buffer,
): Promise<{ readonly foreign: ForeignMaterial; readonly facts: ForeignFacts }> {
  const { token } = context;
  const { kek, wrap } = file;
  if (kek === undefined || wrap === undefined) {
    const foreign = { spec, clear: content };
    return { foreign, facts: await token.inspectForeign(foreign) };
  }
  if (isLabOwner(kek.owner) !== lab) {
    throw new ByokError("BYOK_TARGET_NOT_TRUSTED", "material.kek was made in a group with another lab setting.", {
      property: "material.kek",
      hint: "Use a key-encryption key of this source group.",
    });
  }
  const keys = [...(await markedKeys(context, kek.owner))].reverse();
  if (keys.length === 0) await requireVersion(context, kek);
  let refusal: ByokError | undefined;
  for (const { key } of keys) {
    const foreign = { spec, wrapped: content, kek: key.id, wrap };
    try {
      return { foreign, facts: await token.inspectForeign(foreign) };
    } catch (thrown) {
      if (!(thrown instanceof ByokError) || thrown.code !== "BYOK_MATERIAL_INVALID") throw thrown;
      refusal ??= thrown;
    }
  }
  throw refusal ?? new ByokError("BYOK_KEY_NOT_FOUND", "The token holds no version of the key-encryption key.");
}

/** @throws ByokError BYOK_KEY_NOT_EXPORTABLE for a closed version. */
export function requireExportable({ exportable, words }: Material): void {
  if (exportable) return;
  throw new ByokError("BYOK_KEY_NOT_EXPORTABLE", `The token never gives out ${words} again: the version was closed.`, {
    hint: "Make a new version and copy that.",
  });
}

function keyMaterial(token: TokenPort, found: MarkedKey, history: "made" | "brought"): Material {
  const { key, label } = found;
  const words = versionInWords(label);
  return {
    spec: key.spec,
    words,
    inToken: true,
    exportable: key.extractable,
    wrap: (publicKey, algorithm) => token.wrap(key.id, publicKey, algorithm, history),
    fingerprint: () => token.fingerprint(key.id),
    checkValue: () => token.checkValue(key.id),
    publicKey: () => token.publicKey(key.id),
    mac: (message) => token.mac(key.id, message),
  };
}

const wordsOf = (file: MaterialFile): string => `the file ${file.path}`;

function foreignMaterial(
  token: TokenPort,
  file: MaterialFile,
  foreign: ForeignMaterial,
  facts: ForeignFacts,
): Material {
  return {
    spec: foreign.spec,
    words: wordsOf(file),
    inToken: false,
    exportable: true,
    wrap: (publicKey, algorithm) => token.wrapForeign(foreign, facts.fingerprint, publicKey, algorithm),
    fingerprint: () => Promise.resolve(facts.fingerprint),
    checkValue: () => Promise.resolve(facts.checkValue),
    publicKey: () =>
      facts.publicKey === undefined
        ? Promise.reject(new ByokError("BYOK_TOKEN_UNSUPPORTED", `An ${foreign.spec} key has no public key.`))
        : Promise.resolve(facts.publicKey),
    mac: (message) => token.macForeign(foreign, message),
  };
}
