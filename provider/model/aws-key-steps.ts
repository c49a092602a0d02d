import { samePolicy } from "./key-policy";
import { ownershipTags, isOwnershipTag } from "./owner";
import type { KmsKeyFacts, KmsKeyMaterial } from "./ports/kms";
import { userTags } from "./tags";
import { sameExpiry } from "./validity";

/** What the program asks of a KMS key; undefined leaves what is found. */
export interface DesiredKey {
  readonly description: string | undefined;
  readonly policy: string | undefined;
  /** User tags. */
  readonly tags: Readonly<Record<string, string>> | undefined;
  readonly aliases: readonly string[];
  readonly enabled: boolean;
  readonly validTo: string | undefined;
  /** True: every material of the key is to be gone, until the program asks for it again. */
  readonly withoutMaterial: boolean;
  /** True: AWS makes the material, so that none is imported. */
  readonly native?: boolean;
  /** Our own tags, with their values. */
  readonly ownership: Readonly<Record<string, string>>;
}

/** What AWS shows of a KMS key. */
export interface ObservedKey {
  readonly facts: KmsKeyFacts;
  readonly policy: string;
  /** All tags. */
  readonly tags: Readonly<Record<string, string>>;
  readonly aliases: readonly string[];
  /** Of a key that was rotated in place: everything that it holds. */
  readonly materials?: readonly KmsKeyMaterial[];
}

/** What the record of earlier runs says. */
export interface KeyRecord {
  /** False until an import of this key's material was recorded. */
  readonly imported: boolean;
  /** Aliases that this resource made; others on the key are left alone unless they are wanted. */
  readonly aliases: readonly string[];
  /** Materials of the key by version; more than one after a rotation in place. */
  readonly materials: readonly { readonly version: number; readonly keyMaterialId?: string | undefined }[];
}

/** One act on a KMS key. */
export type KeyStep =
  | { readonly kind: "tag"; readonly tags: Readonly<Record<string, string>> }
  | { readonly kind: "untag"; readonly keys: readonly string[] }
  | { readonly kind: "policy"; readonly policy: string }
  | { readonly kind: "description"; readonly description: string }
  | {
      readonly kind: "import";
      readonly validTo: string | undefined;
      readonly existing: boolean;
      /** Of a key that was rotated in place: which of its materials. */
      readonly material?: { readonly version: number; readonly keyMaterialId: string };
    }
  | { readonly kind: "delete-material"; readonly keyMaterialId?: string }
  | { readonly kind: "enable" }
  | { readonly kind: "disable" }
  | { readonly kind: "create-alias"; readonly alias: string }
  | { readonly kind: "delete-alias"; readonly alias: string };

export const isAliasStep = ({ kind }: KeyStep): boolean => kind === "create-alias" || kind === "delete-alias";

/**
 * The steps that are due, in the order in which they are safe: who owns the key and who may use it come before its material,
 * aliases come after it is imported and in the wanted state, and what is no longer wanted goes last.
 */
export function dueSteps(desired: DesiredKey, observed: ObservedKey, record: KeyRecord): readonly KeyStep[] {
  const steps: KeyStep[] = [];
  const { facts } = observed;
  const wantedTags = { ...(desired.tags ?? {}), ...desired.ownership };
  const missing = Object.entries(wantedTags).filter(([key, value]) => observed.tags[key] !== value);
  if (missing.length > 0) steps.push({ kind: "tag", tags: Object.fromEntries(missing) });
  if (desired.policy !== undefined && !samePolicy(desired.policy, observed.policy)) {
    steps.push({ kind: "policy", policy: desired.policy });
  }
  if (desired.description !== undefined && desired.description !== facts.description) {
    steps.push({ kind: "description", description: desired.description });
  }
  if (desired.withoutMaterial) steps.push(...dueMaterialDeletions(observed, record));
  const importSteps = desired.withoutMaterial || desired.native === true ? [] : dueImports(desired, observed, record);
  const imports = importSteps.length > 0;
  steps.push(...importSteps);
  // A successful import leaves the key Enabled, also where it was disabled before (ImportKeyMaterial).
  const enabledThen = imports || facts.state === "Enabled";
  // A key without material can neither be enabled nor disabled (key states of AWS KMS).
  if (desired.enabled && !enabledThen && !desired.withoutMaterial) steps.push({ kind: "enable" });
  if (!desired.enabled && enabledThen && !desired.withoutMaterial) steps.push({ kind: "disable" });
  for (const alias of desired.aliases) {
    if (!observed.aliases.includes(alias)) steps.push({ kind: "create-alias", alias });
  }
  const unwanted = record.aliases.filter(
    (alias) => !desired.aliases.includes(alias) && observed.aliases.includes(alias),
  );
  for (const alias of unwanted) steps.push({ kind: "delete-alias", alias });
  if (desired.tags !== undefined) {
    const extra = Object.keys(userTags(observed.tags)).filter((key) => !(key in wantedTags));
    if (extra.length > 0) steps.push({ kind: "untag", keys: extra });
  }
  return steps;
}

/** Every permanently associated material has to be imported, not only the current one (ImportKeyMaterial). */
function dueImports(desired: DesiredKey, observed: ObservedKey, record: KeyRecord): readonly KeyStep[] {
  const { facts, materials } = observed;
  const { validTo } = desired;
  if (materials !== undefined && record.materials.length > 1) {
    return record.materials.flatMap(({ version, keyMaterialId }): readonly KeyStep[] => {
      const found = materials.find((material) => material.keyMaterialId === keyMaterialId);
      if (found === undefined || keyMaterialId === undefined) return [];
      if (found.imported && sameExpiry(validTo, found.validTo)) return [];
      return [{ kind: "import", validTo, existing: true, material: { version, keyMaterialId } }];
    });
  }
  const pendingImport = facts.state === "PendingImport";
  const expiryDiffers = !pendingImport && !sameExpiry(validTo, facts.expires ? facts.validTo : undefined);
  if (!pendingImport && record.imported && !expiryDiffers) return [];
  return [{ kind: "import", validTo, existing: record.imported || !pendingImport }];
}

/** Every material that is there: one that stays would keep what it encrypted within reach. */
function dueMaterialDeletions({ facts, materials }: ObservedKey, record: KeyRecord): readonly KeyStep[] {
  if (materials !== undefined && record.materials.length > 1) {
    return materials
      .filter((material) => material.imported)
      .map(({ keyMaterialId }) => ({ kind: "delete-material", keyMaterialId }));
  }
  return facts.state === "PendingImport" ? [] : [{ kind: "delete-material" }];
}

/** A step in words, for progress and for the output `pending`. */
export function describeStep(step: KeyStep): string {
  switch (step.kind) {
    case "tag": {
      const own = Object.keys(step.tags).some(isOwnershipTag);
      return own ? "tag the key as ours" : `set tags ${Object.keys(step.tags).join(", ")}`;
    }
    case "untag":
      return `remove tags ${step.keys.join(", ")}`;
    case "policy":
      return "set the key policy";
    case "description":
      return "set the description";
    case "import":
      if (step.material !== undefined) return `import the key material of version ${step.material.version} again`;
      return step.existing ? "import the same key material again" : "import the key material";
    case "delete-material":
      return step.keyMaterialId === undefined
        ? "delete the key material"
        : `delete the key material ${step.keyMaterialId.slice(0, 8)}…`;
    case "enable":
      return "enable the key";
    case "disable":
      return "disable the key";
    case "create-alias":
      return `create ${step.alias}`;
    case "delete-alias":
      return `delete ${step.alias}`;
  }
}

/** Our tags for one key. */
export const ownershipOf = (
  lineage: string,
  owner: string,
  version: number,
  material?: string,
): Readonly<Record<string, string>> => ({
  [ownershipTags.lineage]: lineage,
  [ownershipTags.owner]: owner,
  [ownershipTags.version]: String(version),
  ...(material === undefined ? {} : { [ownershipTags.material]: material }),
});
