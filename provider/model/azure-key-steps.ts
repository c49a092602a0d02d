import { sameAzureDate } from "./azure-dates";
import type { AzureKeyOperation } from "./azure-key-type";
import type { AfterAzureRotation, AzureKeyVersion } from "./azure-key-versions";
import { maxAzureTags } from "./azure-tags";
import { backupTag } from "./backup-tag";
import { ownershipTags } from "./owner";
import { samePolicy } from "./azure-rotation";
import type { KeyVersionFacts, VaultKeyFacts, VaultRotationPolicy, VersionSettings } from "./ports/key-vault";

/** What a program asks of a key of a vault. */
export interface DesiredAzureKey {
  readonly lineage: string;
  readonly owner: string;
  readonly version: number;
  /** Tells the material's origin where the version alone does not. */
  readonly mark: string | undefined;
  readonly enabled: boolean;
  readonly notBefore: string | undefined;
  readonly expiresOn: string | undefined;
  readonly operations: readonly AzureKeyOperation[];
  /** Without ours. */
  readonly tags: Readonly<Record<string, string>>;
  readonly afterRotation: AfterAzureRotation;
  /** True for material that Azure did not make. */
  readonly brought: boolean;
  /** True for material that can be compared with something, and so is shown to be the same. */
  readonly proves: boolean;
  /** What Azure's rotation policy is to be, an empty one to take it away; absent where this resource keeps none. */
  readonly policy?: VaultRotationPolicy | undefined;
}

/** A version of ours, and the number that this package gave it. */
export interface OwnVersion {
  readonly number: number;
  readonly facts: KeyVersionFacts;
}

/** What a vault holds under the name of a key. */
export interface ObservedAzureKey {
  /** Versions of ours, by number; those of others are left alone. */
  readonly own: readonly OwnVersion[];
  /** The version that the program asks for, with its public key. */
  readonly current: VaultKeyFacts | undefined;
  /** Versions that nobody tagged as ours. */
  readonly foreign: readonly KeyVersionFacts[];
  /** Azure's rotation policy; absent where it was not asked for. */
  readonly policy?: VaultRotationPolicy | undefined;
}

/** What the state knows of versions, by Azure's name of each. */
export interface KnownVersion {
  readonly proved: boolean;
  readonly disabledBy: AzureKeyVersion["disabledBy"];
}

/** The next thing to do; each leads one step closer, whatever was done before. */
export type AzureStep =
  | { readonly kind: "own"; readonly version: OwnVersion }
  | { readonly kind: "bring" }
  | { readonly kind: "prove" }
  | { readonly kind: "set"; readonly settings: VersionSettings }
  | { readonly kind: "policy"; readonly policy: VaultRotationPolicy }
  | {
      readonly kind: "former";
      readonly version: OwnVersion;
      readonly enabled: boolean;
      readonly disabledBy: AzureKeyVersion["disabledBy"];
    };

/** All steps that are due, in their order. */
export function dueAzureSteps(
  desired: DesiredAzureKey,
  { own, current, policy }: ObservedAzureKey,
  known: ReadonlyMap<string, KnownVersion>,
): readonly AzureStep[] {
  const policySteps = policyStep(desired.policy, policy);
  const steps: AzureStep[] = own
    .filter(({ number, facts }) => !isTagged(facts.tags, desired, number))
    .map((version) => ({ kind: "own", version }));
  // Azure rotates no key on top of material that somebody brought.
  if (desired.brought) steps.push(...policySteps);
  if (current === undefined) return [...steps, { kind: "bring" }];
  if (desired.proves && known.get(current.version)?.proved !== true) steps.push({ kind: "prove" });
  const settings = differences(desired, current);
  if (Object.keys(settings).length > 0) steps.push({ kind: "set", settings });
  if (!desired.brought) steps.push(...policySteps);
  for (const version of own) {
    if (version.facts.version === current.version || version.number > desired.version) continue;
    // One that a lost answer made beside the current one holds the same key: it is used as that is, and no rotation has left it behind.
    const fate = version.number === desired.version ? { ...desired, afterRotation: "keep" as const } : desired;
    const step = formerStep(fate, version, known.get(version.facts.version)?.disabledBy);
    if (step !== undefined) steps.push(step);
  }
  return steps;
}

const policyStep = (
  wanted: VaultRotationPolicy | undefined,
  found: VaultRotationPolicy | undefined,
): readonly AzureStep[] =>
  wanted === undefined || found === undefined || samePolicy(wanted, found) ? [] : [{ kind: "policy", policy: wanted }];

const isTagged = (
  tags: Readonly<Record<string, string>>,
  { lineage, owner }: DesiredAzureKey,
  number: number,
): boolean =>
  tags[ownershipTags.lineage] === lineage &&
  tags[ownershipTags.owner] === owner &&
  tags[ownershipTags.version] === String(number);

/** The tags that mark a version as ours. */
export const azureOwnership = (
  { lineage, owner, mark }: Pick<DesiredAzureKey, "lineage" | "owner" | "mark">,
  number: number,
): Readonly<Record<string, string>> => ({
  [ownershipTags.lineage]: lineage,
  [ownershipTags.owner]: owner,
  [ownershipTags.version]: String(number),
  ...(mark === undefined ? {} : { [ownershipTags.material]: mark }),
});

function differences(desired: DesiredAzureKey, current: VaultKeyFacts): VersionSettings {
  const noted = current.tags[backupTag];
  const asked = { ...desired.tags, ...azureOwnership(desired, desired.version) };
  // What the program asks for comes first: one tag too many would fail every update of the key.
  const hasRoom = Object.keys(asked).length < maxAzureTags;
  const tags = noted === undefined || !hasRoom ? asked : { ...asked, [backupTag]: noted };
  return {
    ...(current.enabled === desired.enabled ? {} : { enabled: desired.enabled }),
    ...dateChange("notBefore", desired.notBefore, current.notBefore),
    ...dateChange("expiresOn", desired.expiresOn, current.expiresOn),
    ...(sameSet(desired.operations, current.operations) ? {} : { operations: desired.operations }),
    ...(sameTags(tags, current.tags) ? {} : { tags }),
  };
}

function dateChange(
  name: "notBefore" | "expiresOn",
  wanted: string | undefined,
  found: Date | undefined,
): VersionSettings {
  if (wanted === undefined || sameAzureDate(wanted, found?.toISOString())) return {};
  return { [name]: new Date(wanted) };
}

const sameSet = (one: readonly string[], other: readonly string[]): boolean =>
  [...one].sort().join() === [...other].sort().join();

function sameTags(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

/**
 * A former version is disabled once, by a rotation or with its key; what was disabled with its key comes back with it, and nothing else is ever enabled.
 */
function formerStep(
  { enabled, afterRotation }: DesiredAzureKey,
  version: OwnVersion,
  known: KnownVersion["disabledBy"],
): AzureStep | undefined {
  const isEnabled = version.facts.enabled;
  const marked = disabledByIn(version.facts);
  const disabledBy = known ?? marked;
  if (afterRotation === "disable") {
    if (disabledBy === "rotation") return undefined;
    return isEnabled || disabledBy === "key"
      ? { kind: "former", version, enabled: false, disabledBy: "rotation" }
      : undefined;
  }
  if (!enabled) return isEnabled ? { kind: "former", version, enabled: false, disabledBy: "key" } : undefined;
  // A mark that somebody's own enabling left there would be taken for ours at the next disabling.
  return disabledBy === "key" && (!isEnabled || marked === "key")
    ? { kind: "former", version, enabled: true, disabledBy: undefined }
    : undefined;
}

/** What disabled a former version, as its tag tells. */
export function disabledByIn({ tags }: Pick<KeyVersionFacts, "tags">): AzureKeyVersion["disabledBy"] {
  const by = tags[ownershipTags.disabled];
  return by === "rotation" || by === "key" ? by : undefined;
}

/** The reason is written with the change itself. Where a version has all the tags that it can have, only the state remembers it. */
export function formerSettings({
  version: { facts },
  enabled,
  disabledBy,
}: Extract<AzureStep, { readonly kind: "former" }>): VersionSettings {
  const { [ownershipTags.disabled]: marked, ...tags } = facts.tags;
  if (disabledBy === undefined) return marked === undefined ? { enabled } : { enabled, tags };
  if (Object.keys(tags).length >= maxAzureTags) return { enabled };
  return { enabled, tags: { ...tags, [ownershipTags.disabled]: disabledBy } };
}

/** A step for the output `pending`. */
export function describeAzureStep(step: AzureStep): string {
  switch (step.kind) {
    case "own":
      return `tag version ${step.version.facts.version}`;
    case "bring":
      return "make the version";
    case "prove":
      return "prove the copy";
    case "set":
      return `set ${Object.keys(step.settings).join(", ")}`;
    case "policy":
      return Object.keys(step.policy).length === 0 ? "take the rotation policy away" : "set the rotation policy";
    case "former":
      return `${step.enabled ? "enable" : "disable"} version ${step.version.facts.version}`;
  }
}
