import { createHash } from "node:crypto";
import type { z } from "zod";
import { ByokError } from "../../model/errors";
import { defaultFileWrap } from "../../model/file-wrap";
import type { KeySpec } from "../../model/key-spec";
import type { KeyVersion, MaterialOrigin, VersionOrigin } from "../../model/key-versions";
import { sourceOwner } from "../../model/owner";
import type { MaterialFile } from "../../model/ports/custodian";
import type { AwsKmsKeyInputs } from "../inputs/aws-kms-key-inputs";
import type { AzureKeyMaterialInputs, FileMaterialInputs } from "../inputs/key-material";
import type { sourceGroupRecord } from "../inputs/source-group-inputs";

/** Material that passes through a token on its way to AWS. */
export interface CopiedMaterial {
  readonly kind: "source" | "file";
  /** For people: the name of the source key, or the file. */
  readonly name: string;
  /** Under which the token holds it, if it does. */
  readonly owner: string;
  readonly version: number;
  readonly spec: KeySpec;
  /** The token, and its rules. */
  readonly group: z.infer<typeof sourceGroupRecord>;
  readonly file?: MaterialFile;
  /** False: once imported, the token has nothing of it. */
  readonly inToken: boolean;
}

type Inputs = Pick<AwsKmsKeyInputs, "owner" | "version" | "versionOffset"> & {
  readonly material: AzureKeyMaterialInputs;
  readonly keptUnder?: string | undefined;
};

/** The key type that the material makes. */
export const specOf = (material: AzureKeyMaterialInputs): KeySpec =>
  "source" in material ? material.source.spec : material.spec;

/** The source group through whose token the material goes; undefined where there is none. */
export function groupOf(material: AzureKeyMaterialInputs): CopiedMaterial["group"] | undefined {
  if ("source" in material) return material.source.group;
  return "file" in material ? (material.kek?.group ?? material.group) : undefined;
}

export const originOf = (material: AzureKeyMaterialInputs): MaterialOrigin =>
  "source" in material ? "HSM" : "native" in material ? "AWS_KMS" : "EXTERNAL";

/** What a key's material is called in a sentence. */
export function nameOf(material: AzureKeyMaterialInputs): string {
  if ("source" in material) return material.source.name;
  return "native" in material ? "AWS" : `the file ${"byok" in material ? material.byok : material.file}`;
}

/** Since when others may have the material's source key or its key-encryption key (ISO 8601). */
export function compromiseOf(material: AzureKeyMaterialInputs): string | undefined {
  if ("source" in material) return material.source.compromisedSince;
  return "file" in material ? material.kek?.compromisedSince : undefined;
}

/** Tells of which versions others may have the material: those of the compromised source key, or all that came in files where a key-encryption key is compromised. */
export function compromisedVersions(material: AzureKeyMaterialInputs | undefined): (version: KeyVersion) => boolean {
  if (material === undefined || compromiseOf(material) === undefined) return () => false;
  if (!("source" in material)) return ({ from }) => from?.origin === "EXTERNAL";
  const { owner } = material.source;
  return ({ from }) => from === undefined || (from.origin === "HSM" && (from.owner ?? owner) === owner);
}

/** The property that is to blame for the material as such. */
export function propertyOf(material: AzureKeyMaterialInputs): string {
  if ("source" in material) return "material.source";
  if ("byok" in material) return "material.byok";
  return "file" in material ? "material.file" : "material.native";
}

/** Tells one origin from another: a change of it is a rotation. */
export function identityOf({
  material,
  materialIdentity,
}: Pick<Inputs, "material"> & Pick<AwsKmsKeyInputs, "materialIdentity">): string {
  if ("source" in material) return `source ${material.source.owner}`;
  if ("native" in material) return "native";
  return `${"byok" in material ? "byok" : "file"} ${materialIdentity ?? ""}`;
}

/**
 * What the KMS key is tagged with, so that neither an interrupted run nor an older state takes keys of two origins for one another; nothing where the version says
 * it all.
 */
export function materialMark(inputs: Inputs & Pick<AwsKmsKeyInputs, "materialIdentity">): string | undefined {
  if ("source" in inputs.material && (inputs.versionOffset ?? 0) === 0) return undefined;
  return createHash("sha256")
    .update(JSON.stringify(["byok material 1", identityOf(inputs)]))
    .digest("hex")
    .slice(0, 32);
}

/** The material of the key's present version, or undefined where no token has to do with it: the cloud makes it, or somebody wrapped it elsewhere. */
export function copiedMaterial(inputs: Inputs): CopiedMaterial | undefined {
  const { material } = inputs;
  if ("native" in material || "byok" in material) return undefined;
  const spec = specOf(material);
  const group = groupOf(material);
  if (group === undefined) throw new ByokError("BYOK_INPUT_INVALID", "material.group is required.");
  if ("source" in material) {
    const version = (inputs.version ?? material.source.version) - (inputs.versionOffset ?? 0);
    return {
      kind: "source",
      name: material.source.name,
      owner: material.source.owner,
      version,
      spec,
      group,
      inToken: true,
    };
  }
  // The key's own owner hash, marked as one of the token's: a lab's keys are told by it.
  const mark = sourceOwner({ organization: "", urn: "" }, { lab: group.lab }).slice(0, 2);
  const owner = `${mark}${(inputs.keptUnder ?? inputs.owner ?? "").slice(2)}`;
  return {
    kind: "file",
    name: material.file,
    owner,
    version: inputs.version ?? 1,
    spec,
    group,
    file: fileOf(material),
    inToken: material.keepInToken === true,
  };
}

/** The file as the custodian takes it, without the name under which the token may keep it. */
export function fileOf(material: FileMaterialInputs): MaterialFile {
  const { kek } = material;
  return {
    path: material.file,
    encoding: material.encoding,
    ...(kek === undefined
      ? {}
      : { kek: { owner: kek.owner, version: kek.version }, wrap: material.wrap ?? defaultFileWrap(kek.spec) }),
  };
}

/** The same for what stands in the state, where it is not what goes without saying: a source key, in the version of the same number. */
export function versionOrigin(inputs: Inputs, version: number): VersionOrigin | undefined {
  const copied = copiedMaterial({ ...inputs, version });
  const origin = originOf(inputs.material);
  if (copied === undefined) return { origin };
  if (copied.kind === "source" && copied.version === version) return undefined;
  return completeOrigin(copied, origin);
}

/** The same of a version whose material the key is about to leave behind, with all that is needed to tell its token. */
export function formerOrigin(inputs: Inputs, version: number): VersionOrigin {
  const copied = copiedMaterial({ ...inputs, version });
  const origin = originOf(inputs.material);
  return copied === undefined ? { origin } : { ...completeOrigin(copied, origin), token: copied.group.token };
}

const completeOrigin = (copied: CopiedMaterial, origin: MaterialOrigin): VersionOrigin => ({
  origin,
  source: copied.name,
  ...(copied.inToken ? { owner: copied.owner, sourceVersion: copied.version } : {}),
});

/** For acts that only material of one's own has. */
export function requireCopied(inputs: Inputs): CopiedMaterial {
  const copied = copiedMaterial(inputs);
  if (copied !== undefined) return copied;
  throw new ByokError("BYOK_INTERNAL", "No token has this key's material; nothing is imported from one.");
}
