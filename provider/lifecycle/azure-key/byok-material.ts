import { ciphertextFault, mostByokBytes, readByokHeader, type ByokHeader } from "../../model/byok-file";
import { ByokError } from "../../model/errors";
import { sha256Of } from "../../model/key-backup";
import { keySpecFacts } from "../../model/key-spec";
import type { PinnedWrappingKey } from "../../model/ports/azure-import";
import { mostPublicKeyBytes, readPublicKeyFile } from "../../model/public-key-file";
import type { InspectedMaterial } from "../aws-kms-key/check-material";
import type { CheckFailure, LifecycleContext, PlainRecord } from "../contract";
import { azureKeyInputs, type AzureKeyInputs } from "../inputs/azure-key-inputs";
import { azureKeyMaterialSchema, type AzureKeyMaterialInputs, type ByokMaterialInputs } from "../inputs/key-material";

/** What a look at a `.byok` file tells. */
export interface InspectedByok extends InspectedMaterial {
  /** Absent where there is no file any more. */
  readonly header?: ByokHeader;
  /** SHA-256 (hex) of the public key that the program names for it. */
  readonly publicKeySha256?: string | undefined;
}

/** The material of recorded inputs or outputs. */
export const azureMaterialIn = (record: PlainRecord): AzureKeyMaterialInputs | undefined =>
  azureKeyMaterialSchema.safeParse(record["material"]).data;

/** Looks at the `.byok` file and the public key beside it. Files that were there when they were imported may be gone: only the next import asks for them. */
export async function inspectByok(
  context: LifecycleContext,
  material: ByokMaterialInputs,
  before: PlainRecord,
): Promise<InspectedByok> {
  const known = azureMaterialIn(before);
  const former = known !== undefined && "byok" in known ? known : undefined;
  const publicKey = await expectedPublicKey(context, material, former, before);
  if ("failure" in publicKey) return { failures: [publicKey.failure] };
  const { sha256: publicKeySha256 } = publicKey;
  const content = await readFile(context, material.byok, mostByokBytes);
  if ("fault" in content) return { failures: [complaint("byok", content.fault)] };
  if (content.bytes === undefined) {
    const digest = azureKeyInputs.shape.materialDigest.safeParse(before["materialDigest"]).data;
    if (former?.byok !== material.byok || digest === undefined)
      return { failures: [complaint("byok", noSuchFile(material.byok))] };
    return { digest, identity: identityOfFile(digest), isGone: true, publicKeySha256, failures: [] };
  }
  const digest = sha256Of(content.bytes);
  const read = readByokHeader(content.bytes);
  if ("fault" in read) return { failures: [complaint("byok", unfit(material.byok, read.fault))] };
  return { digest, identity: identityOfFile(digest), header: read.header, publicKeySha256, failures: [] };
}

const identityOfFile = (digest: string): string => `sha256:${digest}`;

type Expected = { readonly sha256: string | undefined } | { readonly failure: CheckFailure };

async function expectedPublicKey(
  context: LifecycleContext,
  { publicKey: path, spec }: ByokMaterialInputs,
  former: ByokMaterialInputs | undefined,
  before: PlainRecord,
): Promise<Expected> {
  if (path === undefined) return { sha256: undefined };
  const failure = (reason: string): Expected => ({ failure: complaint("publicKey", reason) });
  const { family } = keySpecFacts[spec];
  if (family !== "rsa" && family !== "ec")
    return failure(`is for RSA and EC keys; a key of type ${spec} has none. Remove it.`);
  const content = await readFile(context, path, mostPublicKeyBytes);
  if ("fault" in content) return failure(content.fault);
  if (content.bytes === undefined) {
    const sha256 = azureKeyInputs.shape.expectedPublicKeySha256.safeParse(before["expectedPublicKeySha256"]).data;
    return former?.publicKey === path && sha256 !== undefined ? { sha256 } : failure(noSuchFile(path));
  }
  const read = readPublicKeyFile(content.bytes, spec);
  return "fault" in read
    ? failure(`${path} cannot be used: ${read.fault}. Name the public key of the key that was wrapped.`)
    : read;
}

async function readFile(
  { files }: LifecycleContext,
  path: string,
  atMost: number,
): Promise<{ readonly bytes: Buffer | undefined } | { readonly fault: string }> {
  try {
    return { bytes: await files.read(path, atMost) };
  } catch (error) {
    return { fault: ByokError.from(error, "Reading the file").sentence };
  }
}

const complaint = (name: string, reason: string): CheckFailure => ({ property: `material.${name}`, reason });

const noSuchFile = (path: string): string =>
  `there is no file ${path}. Paths are relative to the project folder. Correct the path, or put the file there.`;

const unfit = (path: string, fault: string): string =>
  `${path} is no file that Azure imports: ${fault}. Have the key wrapped again as Azure's BYOK specification says, under the public key of the group's wrapping key.`;

/**
 * Why an import that is due cannot take the file, as far as it can be told before the group has made its wrapping key.
 *
 * @param pin - of the group's wrapping key; undefined where it is not known yet
 */
export function byokImportFailures(
  { group }: Pick<AzureKeyInputs, "group">,
  { byok: path }: ByokMaterialInputs,
  header: ByokHeader | undefined,
  pin: PinnedWrappingKey | undefined,
): readonly CheckFailure[] {
  if (group.kek.lifetime === "import")
    return [
      complaint(
        "byok",
        `${path} was wrapped before, and the group ${group.name} makes a wrapping key for each import only (kek.lifetime "import"), which nobody can have wrapped for. Use a group with kek.lifetime "group".`,
      ),
    ];
  if (header === undefined || pin === undefined) return [];
  const fault = wrappedElsewhereFault(header, pin, group.kek.size);
  return fault === undefined ? [] : [complaint("byok", `${path} cannot be imported: ${fault}`)];
}

/** Why the file is none for the group's wrapping key, with what to do. */
export function wrappedElsewhereFault(header: ByokHeader, pin: PinnedWrappingKey, bits: number): string | undefined {
  const again = "Have the key wrapped again under the group's wrappingKey.publicKeyPem, with wrappingKey.id as kid.";
  if (header.kid !== pin.id)
    return `it is for the wrapping key ${kidShown(header.kid)}, and the one of the group is ${pin.id}. ${again}`;
  const fault = ciphertextFault(header, bits);
  return fault === undefined ? undefined : `${fault}. ${again}`;
}

/** The id of a key as it stands, and nothing else. */
const kidShown = (kid: string): string =>
  /^https:\/\/[A-Za-z0-9.:-]{1,253}\/keys\/[0-9A-Za-z-]{1,127}(\/[0-9A-Fa-f]{1,64})?$/.test(kid)
    ? kid
    : "of another kind of id";
