import { partitionOf } from "../../model/aws-partitions";
import { ByokError } from "../../model/errors";
import { defaultKeyPolicy, samePolicy } from "../../model/key-policy";
import { ownershipOf, type ObservedKey } from "../../model/aws-key-steps";
import { isLeaving } from "../../model/key-states";
import { ownershipTags } from "../../model/owner";
import type { KmsKeyFacts, KmsPort, OwnedKey } from "../../model/ports/kms";
import type { LifecycleContext } from "../contract";
import { requireAdoptable, requireUntouched, undelete } from "./adopt-key";
import { wrappingOf } from "./ensure-key";
import { awsSpecOf, type KeyInputs } from "./key-inputs";
import { materialMark } from "./key-material";
import { observeKey } from "./observe-key";
import { requireWholeKey, takeBackReplicas } from "./replicas/adopt-replicas";
import { refuseTakenInReplicas } from "./replicas/replica-aliases";
import { refuseTakenAliases } from "./taken-aliases";

/** The KMS key that a create works on, and where it came from. */
export interface LocatedKey {
  readonly keyId: string;
  readonly arn: string;
  readonly from: "made" | "found" | "adopted";
  /** True where the key holds material already that is to be left alone. */
  readonly keepMaterial: boolean;
}

/**
 * The adopted key, else the one that an interrupted run left, else a new one.
 *
 * @param formerKeys - KMS keys of earlier versions, whose aliases are going to move
 */
export async function locateKey(
  context: LifecycleContext,
  kms: KmsPort,
  inputs: KeyInputs,
  lineage: string,
  formerKeys: ReadonlySet<string> = new Set(),
): Promise<LocatedKey> {
  if (inputs.adopt !== undefined && formerKeys.size === 0) {
    const { arn } = inputs.adopt;
    const found = await observeKey(kms, arn);
    if (found === undefined) throw new ByokError("BYOK_ADOPT_REFUSED", `There is no key ${arn}.`);
    requireWholeKey(found.facts, inputs);
    requireAdoptable(found, inputs, inputs.adopt);
    await takeBackReplicas(context, inputs, found.facts.keyId);
    const observed = isLeaving(found.facts.state) ? await undelete(context, kms, inputs, arn) : found;
    return { ...named(observed.facts), from: "adopted", keepMaterial: observed.facts.state !== "PendingImport" };
  }
  context.log.progress("looking for a key that an interrupted run may have left");
  const found = await findOwn(context, kms, inputs, formerKeys);
  if (found !== undefined) return { ...named(found), from: "found", keepMaterial: false };
  await refuseTakenAliases(kms, inputs.aliases ?? [], formerKeys, lineage);
  await refuseTakenInReplicas(context, inputs, formerKeys, lineage);
  // What could not be imported into it makes no key.
  if (!("native" in inputs.material)) wrappingOf(inputs);
  context.mayProceed();
  context.log.progress("creating the KMS key");
  const made = await kms.createKey({
    ...("native" in inputs.material ? { origin: "AWS_KMS" } : {}),
    spec: awsSpecOf(inputs),
    usage: inputs.usage,
    description: inputs.description ?? "",
    multiRegion: inputs.multiRegion === true,
    ...(inputs.policy === undefined ? {} : { policy: inputs.policy }),
    tags: { ...(inputs.tags ?? {}), ...ownershipOf(lineage, inputs.owner, inputs.version, materialMark(inputs)) },
  });
  return { ...named(made), from: "made", keepMaterial: false };
}

const named = ({ keyId, arn }: KmsKeyFacts): { readonly keyId: string; readonly arn: string } => ({ keyId, arn });

/** The state forgot versions that AWS has: to begin with an older one, or to go on with it, would take the key back. */
async function refuseForgotten(
  kms: KmsPort,
  inputs: KeyInputs,
  owned: readonly OwnedKey[],
  formerKeys: ReadonlySet<string>,
): Promise<void> {
  const versionOf = (key: OwnedKey): number => Number(key.tags[ownershipTags.version]);
  const newer = owned.filter((key) => versionOf(key) > inputs.version && !formerKeys.has(key.keyId));
  for (const key of newer.sort((one, other) => versionOf(other) - versionOf(one))) {
    const facts = await kms.describeKey(key.keyId);
    if (facts === undefined || isLeaving(facts.state)) continue;
    if (formerKeys.size > 0) throw forgottenByRotation(facts, versionOf(key), inputs);
    throw new ByokError(
      "BYOK_KEY_DRIFTED",
      `${facts.arn} is version ${versionOf(key)} of this resource, and this state, which knows nothing of it, would begin with version ${inputs.version}.`,
      {
        hint: `Restore the state from a backup. Or go on with that key: adopt: { arn: "${facts.arn}" }, with the material that it holds.`,
      },
    );
  }
}

/** Only an alias tells a refresh of the newer key. */
function forgottenByRotation({ arn }: KmsKeyFacts, version: number, inputs: KeyInputs): ByokError {
  const first =
    (inputs.aliases ?? []).length === 0 ? "" : "Run pulumi refresh, then pulumi up again. If that does not help: ";
  return new ByokError(
    "BYOK_KEY_DRIFTED",
    `${arn} is version ${version} of this resource, and this state, which knows nothing of it, would go on with version ${inputs.version}.`,
    {
      hint: `${first}Restore the newest state that knows it. Only if nobody needs that key, schedule its deletion (kms:ScheduleKeyDeletion), and run pulumi up again.`,
    },
  );
}

async function findOwn(
  context: LifecycleContext,
  kms: KmsPort,
  inputs: KeyInputs,
  formerKeys: ReadonlySet<string>,
): Promise<KmsKeyFacts | undefined> {
  const owned = await kms.findByOwner(inputs.owner);
  await refuseForgotten(kms, inputs, owned, formerKeys);
  const sameVersion = owned.filter((key) => key.tags[ownershipTags.version] === String(inputs.version));
  const candidates: KmsKeyFacts[] = [];
  for (const { keyId, tags } of sameVersion) {
    const facts = await kms.describeKey(keyId);
    if (facts === undefined || facts.spec !== awsSpecOf(inputs)) continue;
    if (facts.state === "PendingDeletion") {
      context.log.info(
        `an earlier key of this resource (${facts.arn}) is pending deletion${until(facts)}; it is left alone.`,
      );
      continue;
    }
    if (tags[ownershipTags.material] !== materialMark(inputs)) throw otherMaterial(facts, inputs.version);
    candidates.push(facts);
  }
  const [only, ...others] = candidates;
  if (only === undefined) return undefined;
  if (others.length > 0) {
    throw new ByokError(
      "BYOK_OWNER_AMBIGUOUS",
      `Several keys carry the owner tag of this resource: ${candidates.map((key) => key.arn).join(", ")}.`,
      {
        hint: "Decide which one it is: adopt: { arn } names it; delete or untag the others.",
      },
    );
  }
  const observed = await observeKey(kms, only.keyId);
  if (observed === undefined) return undefined;
  requireAdoptable(observed, inputs);
  await requireUntouched(kms, observed, { policy: policyToExpect(inputs, observed), grants: [] });
  const made = only.createdAt.toISOString().slice(0, 16).replace("T", " ");
  context.log.info(
    only.state === "PendingImport"
      ? `found the key that an interrupted run created at ${made} UTC (${only.arn}, pending import); importing its material now.`
      : `found the key that this resource created at ${made} UTC (${only.arn}); taking it over.`,
  );
  return only;
}

/** What an interrupted run made with other material, or a state that is lost: never taken for what is asked for. */
const otherMaterial = ({ arn }: KmsKeyFacts, version: number): ByokError =>
  new ByokError("BYOK_KEY_DRIFTED", `${arn} is version ${version} of this resource already, with other material.`, {
    hint: `If it is what you want, name its material in the program, and adopt: { arn: "${arn}" } where the state was lost. If nobody needs it, schedule its deletion (kms:ScheduleKeyDeletion), and run again.`,
  });

const until = (facts: KmsKeyFacts): string =>
  facts.deletionDate === undefined ? "" : ` until ${facts.deletionDate.toISOString().slice(0, 10)}`;

/** Where other credentials set policies, a key that waits for its material may not have got its own yet; it is set before the import. */
function policyToExpect({ group, policy, account, region }: KeyInputs, observed: ObservedKey): string | undefined {
  const waits = group.roleCredentials?.policy !== undefined && observed.facts.state === "PendingImport";
  const byDefault = defaultKeyPolicy(partitionOf(region)?.id ?? "aws", account);
  return waits && samePolicy(observed.policy, byDefault) ? undefined : policy;
}
