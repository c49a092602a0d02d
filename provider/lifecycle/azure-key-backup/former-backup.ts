import { azureKeyId } from "../../model/azure-key-name";
import { ByokError } from "../../model/errors";
import {
  backedUpVersionsIn,
  describedBackup,
  describesKeyOf,
  descriptionIn,
  descriptionFile,
  lackingIn,
  sha256Of,
  versionCount,
} from "../../model/key-backup";
import type { KeyVersionFacts } from "../../model/ports/key-vault";
import type { LifecycleContext, PlainRecord } from "../contract";
import type { CheckedBackupInputs } from "../inputs/azure-key-backup-inputs";
import type { MadeBackup } from "./record-backup";

/** What is there already. */
export interface FormerBackup extends MadeBackup {
  /** False: it was changed since, so that it cannot be relied on. */
  readonly intact: boolean;
}

/**
 * The backup that is to be replaced, whether the state knows it or an earlier run left it. A file that is none of ours is never written over.
 *
 * @throws ByokError BYOK_BACKUP_REFUSED
 */
export async function formerBackup(
  context: LifecycleContext,
  inputs: CheckedBackupInputs,
  olds: PlainRecord,
): Promise<FormerBackup | undefined> {
  const { file } = inputs;
  const known = knownBackup(olds);
  if (file === undefined) {
    if (known?.blob === undefined) return undefined;
    return { ...known, intact: sha256Of(Buffer.from(known.blob, "base64")) === known.sha256 };
  }
  const content = await context.files.read(file);
  if (content === undefined) return undefined;
  const sha256 = sha256Of(content);
  const isKnown = known !== undefined && olds["file"] === file;
  if (isKnown && sha256 === known.sha256) return { ...known, intact: true };
  const described = describedBackup(await context.files.read(descriptionFile(file)), sha256);
  if (described !== undefined) {
    if (!describesKeyOf(described, inputs.key))
      throw refusal(
        `${file} is the backup of ${azureKeyId(described.vaultUrl, described.keyName)}, made for another resource, and is never written over.`,
        "Name another file.",
      );
    return { versions: described.versions, sha256, backedUpAt: described.backedUpAt, intact: true };
  }
  if (isKnown) return { ...known, intact: false };
  throw refusal(
    `${file} exists already, and nothing tells what it holds (${descriptionFile(file)} does not describe it).`,
    "Name another file, or move this one away.",
  );
}

/** False where another's file stands where the description belongs. */
export async function isDescriptionOurs(
  { files }: LifecycleContext,
  { key }: CheckedBackupInputs,
  file: string,
): Promise<boolean> {
  const text = await files.read(descriptionFile(file));
  if (text === undefined) return true;
  const described = descriptionIn(text);
  return described !== undefined && describesKeyOf(described, key);
}

/** @throws ByokError BYOK_BACKUP_REFUSED where the description would be written over another's file */
export async function requireDescribable(
  context: LifecycleContext,
  inputs: CheckedBackupInputs,
  file: string,
): Promise<void> {
  if (await isDescriptionOurs(context, inputs, file)) return;
  throw refusal(
    `${descriptionFile(file)}, where the description of this backup belongs, exists already and describes no backup of ${inputs.keyName} by this resource; it is never written over.`,
    "Name another file, or move that one away.",
  );
}

/** The backup that the state itself holds, which goes once a file takes its place. */
export function leftBlob({ file }: CheckedBackupInputs, olds: PlainRecord): FormerBackup | undefined {
  const known = knownBackup(olds);
  return file === undefined || known?.blob === undefined ? undefined : { ...known, intact: true };
}

/** @throws ByokError BYOK_BACKUP_REFUSED where the present key lacks a version that the former backup holds */
export function requireNotFewer(
  { file, keyName, vaultUrl }: CheckedBackupInputs,
  former: FormerBackup,
  present: readonly KeyVersionFacts[],
): void {
  const lost = lackingIn(
    former.versions,
    present.map(({ version }) => ({ keyVersion: version })),
  );
  if (lost.length === 0) return;
  const where = file ?? "the output of this resource";
  throw refusal(
    `the backup of ${former.backedUpAt.slice(0, 10)} in ${where} holds ${versionCount(lost)} of ${keyName} that ${vaultUrl} does not have any more (${lost.map(({ keyVersion }) => keyVersion).join(", ")}), and is not replaced by one with fewer.`,
    `Keep it: ${file === undefined ? "make another AzureKeyBackup under another name" : "name another file"} for the key as it is now.`,
  );
}

function knownBackup(olds: PlainRecord): MadeBackup | undefined {
  const { sha256, backedUpAt, blob } = olds;
  if (typeof sha256 !== "string" || typeof backedUpAt !== "string") return undefined;
  return {
    versions: backedUpVersionsIn(olds),
    sha256,
    backedUpAt,
    ...(typeof blob === "string" ? { blob } : {}),
  };
}

const refusal = (message: string, hint: string): ByokError =>
  new ByokError("BYOK_BACKUP_REFUSED", message, { property: "file", hint });
