import { ByokError } from "../../model/errors";
import { keySpecFacts, type KeySpec } from "../../model/key-spec";
import type { ObservedKey } from "../../model/aws-key-steps";
import { ownershipTags } from "../../model/owner";
import { isLeaving } from "../../model/key-states";
import { samePolicy } from "../../model/key-policy";
import type { KmsKeyFacts, KmsPort } from "../../model/ports/kms";
import { userTags } from "../../model/tags";
import { connectionOf } from "../connection-of";
import type { LifecycleContext, PlainRecord } from "../contract";
import type { AwsKmsKeyInputs } from "../inputs/aws-kms-key-inputs";
import type { KeyMaterialInputs } from "../inputs/key-material";
import { settled } from "../settled";
import { adoptionSentence } from "./adoption-sentence";
import type { KeyInputs } from "./key-inputs";
import { noteReturn } from "./note-return";
import { observeKey } from "./observe-key";
import { findAdoptedReplicas, requireWholeKey } from "./replicas/adopt-replicas";

/** What a key must be for the program to take it over. */
export interface Expected {
  readonly account: string;
  readonly region: string;
  readonly spec: KeySpec;
  readonly usage: string;
  readonly material: KeyMaterialInputs;
  readonly multiRegion?: boolean | undefined;
}

/** Reads the key to adopt; what the program does not name becomes what is found, so that preview shows what will be kept. */
export async function findAdopted(
  context: LifecycleContext,
  inputs: AwsKmsKeyInputs,
  derived: PlainRecord & Expected,
): Promise<PlainRecord> {
  const arn = inputs.adopt?.arn ?? "";
  const observed = await observeKey(context.kms(connectionOf(inputs.group)), arn);
  if (observed === undefined) throw new ByokError("BYOK_ADOPT_REFUSED", `There is no key ${arn}.`);
  const { facts } = observed;
  // Material may decide the usage, so an unnamed one is taken from the key.
  const usage = inputs.usage ?? facts.usage;
  const expected = { ...derived, usage };
  requireWholeKey(facts, inputs);
  requireAdoptable(observed, expected, inputs.adopt);
  const replicas = await findAdoptedReplicas(context, inputs, expected, derived);
  const lineage = observed.tags[ownershipTags.lineage];
  const owner = observed.tags[ownershipTags.owner];
  if (lineage !== undefined && owner !== derived["owner"]) {
    context.log.warn(`adopts ${facts.arn} from another resource (lineage ${lineage}), which will forget it.`);
  }
  if (isLeaving(facts.state)) {
    const when =
      facts.state === "PendingReplicaDeletion"
        ? "after its replicas"
        : `on ${facts.deletionDate?.toISOString().slice(0, 10) ?? "a date that AWS does not tell"}`;
    context.log.warn(`cancels the deletion of ${facts.arn}, which AWS would delete ${when}.`);
  }
  const validTo = adoptedExpiry(derived["validTo"], facts);
  context.log.info(adoptionSentence(facts, validTo));
  return {
    ...derived,
    ...replicas,
    usage,
    adopted: true,
    description: inputs.description ?? facts.description,
    policy:
      inputs.policy !== undefined && !samePolicy(inputs.policy, observed.policy) ? inputs.policy : observed.policy,
    tags: inputs.tags ?? userTags(observed.tags),
    aliases: inputs.aliases ?? observed.aliases,
    enabled: inputs.enabled ?? (facts.state === "PendingImport" || facts.state === "Enabled"),
    validTo,
  };
}

/** The expiry that is asked for, as a date or by `keepValidFor`; else the one that is found. */
export const adoptedExpiry = (wanted: unknown, { expires, validTo }: KmsKeyFacts): string | undefined =>
  typeof wanted === "string" ? wanted : expires ? validTo?.toISOString() : undefined;

const originFault = (origin: string, material: KeyMaterialInputs): string | undefined => {
  if (origin === ("native" in material ? "AWS_KMS" : "EXTERNAL")) return undefined;
  if ("native" in material)
    return `its origin is ${origin}, and material: { native: true } is for keys whose material AWS made`;
  const remedy = origin === "AWS_KMS" ? " (to keep the material that AWS made: material: { native: true })" : "";
  return `its origin is ${origin}, and only EXTERNAL keys take imported material${remedy}`;
};

/** A key that our material may enter, or whose material may be ours: what we would have made ourselves. */
export function requireAdoptable(
  observed: ObservedKey,
  expected: Expected,
  adopt: { readonly undelete?: boolean | undefined } = {},
): void {
  const { facts } = observed;
  const faults = [
    facts.account !== expected.account || facts.region !== expected.region
      ? `it is in account ${facts.account}, Region ${facts.region}, and the group in ${expected.account}, ${expected.region}`
      : undefined,
    facts.manager !== "CUSTOMER" ? "AWS manages it" : undefined,
    originFault(facts.origin, expected.material),
    facts.spec !== keySpecFacts[expected.spec].aws
      ? `its spec is ${facts.spec}, and the material is ${expected.spec}`
      : undefined,
    facts.usage !== expected.usage ? `its usage is ${facts.usage}, and ${expected.usage} is asked for` : undefined,
    facts.multiRegion && expected.multiRegion !== true
      ? "it is a multi-Region key (set multiRegion: true, and name its replicas)"
      : undefined,
    !facts.multiRegion && expected.multiRegion === true ? "it is a single-Region key" : undefined,
    !["PendingImport", "Enabled", "Disabled"].includes(facts.state) &&
    !(adopt.undelete === true && isLeaving(facts.state))
      ? `its state is ${facts.state}${isLeaving(facts.state) ? " (adopt.undelete: true cancels the deletion)" : ""}`
      : undefined,
  ].filter((fault) => fault !== undefined);
  if (faults.length === 0) return;
  throw new ByokError("BYOK_ADOPT_REFUSED", `${facts.arn} cannot be adopted: ${faults.join("; ")}.`);
}

/**
 * Before material enters a key that this run did not make: nobody but the wanted policy lets anyone use it, and no grant does
 * but those that the program lists.
 */
export async function requireUntouched(
  kms: KmsPort,
  observed: ObservedKey,
  wanted: { readonly policy: string | undefined; readonly grants: readonly string[] },
): Promise<void> {
  const { facts } = observed;
  if (wanted.policy !== undefined && !samePolicy(wanted.policy, observed.policy)) {
    throw new ByokError(
      "BYOK_ADOPT_REFUSED",
      `The policy of ${facts.arn} is not the one that the program asks for, so no material was imported.`,
      {
        hint: "Look at who changed it; then delete the key, or set its policy to the program's.",
      },
    );
  }
  const unlisted = (await kms.listGrants(facts.keyId)).filter((grant) => !wanted.grants.includes(grant.grantId));
  if (unlisted.length === 0) return;
  const names = unlisted.map((grant) => `${grant.grantId} (${grant.grantee}: ${grant.operations.join(", ")})`);
  throw new ByokError(
    "BYOK_ADOPT_REFUSED",
    `${facts.arn} has grants that the program does not list, so no material was imported: ${names.join("; ")}.`,
    {
      hint: "Revoke them, or list their ids in adopt.grants.",
    },
  );
}

/** Takes the scheduled deletion back, in the token too; AWS leaves the key disabled, or waiting for its material. */
export async function undelete(
  context: LifecycleContext,
  kms: KmsPort,
  inputs: KeyInputs,
  arn: string,
): Promise<ObservedKey> {
  await noteReturn(context, inputs, [arn]);
  context.mayProceed();
  context.log.progress("cancelling the key's deletion");
  await kms.cancelDeletion(arn);
  await settled(context, kms, arn, ({ state }) => !isLeaving(state));
  const observed = await observeKey(kms, arn);
  if (observed !== undefined && !isLeaving(observed.facts.state)) return observed;
  throw new ByokError("BYOK_AWS_INVALID_STATE", `${arn} is still pending deletion after it was cancelled.`, {
    hint: "Run pulumi up again.",
    retryable: true,
  });
}
