import { ByokError } from "../../model/errors";
import { defaultFileWrap, fileWrapFault } from "../../model/file-wrap";
import type { CustodianPort } from "../../model/ports/custodian";
import { failureOf } from "../answers";
import type { CheckFailure, LifecycleContext, PlainRecord } from "../contract";
import { awsKmsKeyInputs, type AwsKmsKeyInputs } from "../inputs/aws-kms-key-inputs";
import type { FileMaterialInputs, KeyMaterialInputs } from "../inputs/key-material";
import { sameJson } from "../same-json";
import { fileOf, groupOf } from "./key-material";
import { madeForSoftware } from "../made-for-software";

/** Settings of imports, which a key of AWS's own material does not have. */
const importOnly = ["validTo", "keepValidFor", "renewBefore", "expiryWarningDays", "materialState", "wrappingKeySpec"];

/**
 * What does not go together with the origin of the material.
 *
 * @param program - as it was written, without what a template or a default adds
 */
export function materialFailures(program: PlainRecord, inputs: AwsKmsKeyInputs): readonly CheckFailure[] {
  const { material } = inputs;
  const failures: CheckFailure[] = [];
  if ("native" in material) {
    for (const property of importOnly.filter((name) => program[name] !== undefined)) {
      failures.push({
        property,
        reason: "is for imported material, and AWS makes this key's (material.native). Remove it.",
      });
    }
  }
  if (!("native" in material) && program["rotation"] !== undefined) {
    failures.push({
      property: "rotation",
      reason:
        "source" in material
          ? `is for material of AWS (material.native). A copy is rotated with its source: set rotation on ${material.source.name}.`
          : "is for material of AWS (material.native). A file is exchanged by whoever hands it over: bring another one, or set rotationTrigger.",
    });
  }
  if (!("source" in material) && program["follow"] !== undefined) {
    failures.push({
      property: "follow",
      reason: "is for keys that copy a source key; this one is rotated by its rotationTrigger. Remove it.",
    });
  }
  if ("source" in material) {
    if (inputs.rotationTrigger !== undefined) {
      failures.push({
        property: "rotationTrigger",
        reason: `is for material from a file or of AWS. A copy is rotated with its source: set rotationTrigger on ${material.source.name}.`,
      });
    }
    if (material.source.operations !== undefined) {
      failures.push({
        property: "material.source",
        reason: `${material.source.name} is a key-encryption key (operations: ["unwrap"]), and such a key never leaves its token. Copy another SourceKey.`,
      });
    }
  }
  failures.push(...madeForSoftware(inputs));
  return "file" in material ? [...failures, ...fileFailures(material)] : failures;
}

/** What is wrong with how a file is named and taken in; it concerns no cloud. */
export function fileFailures(material: FileMaterialInputs): readonly CheckFailure[] {
  const failures: CheckFailure[] = [];
  const complain = (name: string, reason: string): void => void failures.push({ property: `material.${name}`, reason });
  const { kek, group, wrap, spec, allowPlaintext } = material;
  if (kek === undefined) {
    if (wrap !== undefined) complain("wrap", "goes with kek only: it says how the file is encrypted under that key.");
    if (allowPlaintext !== true) {
      complain(
        "allowPlaintext",
        "must be true for a file without kek: the key is in clear in the file, and for a moment in the memory of this computer, so whoever can read either has it. " +
          "Better have it encrypted under a key of your token (kek).",
      );
    }
    if (group === undefined)
      complain(
        "group",
        "is required for a file in clear: the source group whose token wraps the material for the cloud.",
      );
    return failures;
  }
  if (group !== undefined) complain("group", "is for a file in clear; here the token is that of kek. Remove it.");
  if (allowPlaintext !== undefined)
    complain("allowPlaintext", "is for a file in clear, and this one has a kek. Remove it.");
  if (kek.operations === undefined) {
    complain(
      "kek",
      `${kek.name} may not unwrap: it was made without operations: ["unwrap"]. Make a SourceKey with them for it.`,
    );
  }
  const fault = fileWrapFault(wrap ?? defaultFileWrap(kek.spec), kek.spec, spec, kek.group.minOaepHash);
  if (fault !== undefined) complain(fault.property, fault.reason);
  return failures;
}

/** What a look at the file tells. */
export interface InspectedMaterial {
  /** Tells whether the file holds something else than before; undefined where there is no file. */
  readonly digest?: string | undefined;
  /** Tells whether that is another key: a file may have been encrypted anew. */
  readonly identity?: string | undefined;
  /** True: there is no such file any more, so that nothing can be imported from it. */
  readonly isGone?: boolean;
  readonly failures: readonly CheckFailure[];
}

/**
 * Looks at the file of the material. A file that did not change needs no token and no PIN; of another one the token tells which key it holds, so that what does
 * not open is refused before anything is made. A file that was imported may be gone: only the next import asks for it.
 */
export async function inspectMaterial(
  context: LifecycleContext,
  { material }: Pick<AwsKmsKeyInputs, "material">,
  before: PlainRecord,
): Promise<InspectedMaterial> {
  if (!("file" in material)) return { failures: [] };
  const group = groupOf(material);
  if (group === undefined) return { failures: [] };
  const known = recorded(before);
  const custodian = context.custodian(group.token);
  try {
    const digest = await custodian.inspectFile(fileOf(material), material.spec);
    if (digest === known?.digest) return { ...known, failures: keepFailures(material, known.material) };
    const refused = await tokenFailures(custodian, material, group);
    if (refused.length > 0) return { failures: refused };
    const isKnown = group.abilities !== undefined;
    const found = isKnown
      ? await custodian.fingerprintFile(fileOf(material), material.spec, group.lab)
      : { method: "file", value: digest };
    const identity = `${found.method}:${found.value}`;
    if (identity === known?.identity) return { digest, identity, failures: keepFailures(material, known.material) };
    if (material.kek === undefined) {
      context.log.warn(
        `its key material is in clear in ${material.file}: whoever could read the file, or the memory of this computer during the import, has the key. Delete the file afterwards; the cloud and the token need it no more.`,
      );
    }
    return { digest, identity, failures: [] };
  } catch (error) {
    const failure = ByokError.from(error, "Looking at the file");
    const isGone = failure.code === "BYOK_REFERENCE_UNRESOLVED" && failure.property === "material.file";
    if (isGone && known?.material.file === material.file)
      return { ...known, isGone: true, failures: keepFailures(material, known.material) };
    return { failures: [failureOf(failure, "material.file", "Looking at the file")] };
  }
}

function recorded(
  before: PlainRecord,
):
  | { readonly digest: string; readonly identity: string | undefined; readonly material: FileMaterialInputs }
  | undefined {
  const { materialDigest, materialIdentity } = awsKmsKeyInputs.shape;
  const digest = materialDigest.safeParse(before["materialDigest"]).data;
  const identity = materialIdentity.safeParse(before["materialIdentity"]).data;
  const material = materialIn(before);
  return digest === undefined || material === undefined || !("file" in material)
    ? undefined
    : { digest, identity, material };
}

/** The material of recorded inputs. */
export const materialIn = (record: PlainRecord): KeyMaterialInputs | undefined =>
  awsKmsKeyInputs.shape.material.safeParse(record["material"]).data;

const keepFailures = (now: FileMaterialInputs, before: FileMaterialInputs): readonly CheckFailure[] =>
  sameJson(now.keepInToken === true, before.keepInToken === true)
    ? []
    : [
        {
          property: "material.keepInToken",
          reason: `counts from the import on, and this material was imported ${before.keepInToken === true ? "and is kept" : "without being kept"}. Change it together with the material.`,
        },
      ];

/** Only where the token is known already: a preview without a PIN finds it out later. */
async function tokenFailures(
  custodian: CustodianPort,
  { spec, kek, wrap, keepInToken }: FileMaterialInputs,
  group: NonNullable<ReturnType<typeof groupOf>>,
): Promise<readonly CheckFailure[]> {
  if (kek === undefined || group.abilities === undefined) return [];
  const way = wrap ?? defaultFileWrap(kek.spec);
  const refusal = await custodian.unwrapRefusal({ spec, wrap: way, kept: keepInToken === true });
  if (refusal === undefined) return [];
  return [
    {
      property: "material.wrap",
      reason:
        `the token of ${group.name} cannot take in ${spec} material under ${way}${keepInToken === true ? " and keep it" : ""}, as its self-test shows: ${refusal}. ` +
        `${keepInToken === true ? "Leave keepInToken out, have" : "Have"} the file encrypted in another way, or use another token. Nothing was created.`,
    },
  ];
}
