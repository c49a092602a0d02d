import { ByokError } from "../../../model/errors";
import { formerKeys, keyVersionsIn, materialsOf, type KeyVersion } from "../../../model/key-versions";
import { ownershipOf } from "../../../model/aws-key-steps";
import { ownershipTags } from "../../../model/owner";
import type { KmsKeyFacts, KmsKeyState, KmsPort } from "../../../model/ports/kms";
import type { PlainRecord } from "../../contract";
import { materialMark } from "../key-material";
import { rotationSettings } from "../rotation-settings";
import { refuseTakenInReplica } from "./replica-aliases";
import type { ReplicaMember } from "./replica-member";
import { arnIn } from "./replica-record";

/** How long AWS is given to make a replica, and how often it is asked. */
const patience = { attempts: 150, pauseMs: 2_000 } as const;

/** The multi-Region key that a replica belongs to. */
export interface ReplicatedKey {
  readonly lineage: string;
  readonly keyId: string;
  /** Of the key in the group's Region. */
  readonly arn: string;
  readonly versions: readonly KeyVersion[];
  /** KMS of the primary's Region, where ReplicateKey is called. */
  readonly primaryKms: KmsPort;
  /** True: the key is about to be left behind, and no alias moves to its replicas. */
  readonly leavesAliases?: boolean;
}

/**
 * The versions of a replica: its former keys, and every material that the multi-Region key holds. A replica that is made after rotations in place needs
 * each of their materials.
 */
export function replicaVersions(member: ReplicaMember, old: PlainRecord, key: ReplicatedKey): readonly KeyVersion[] {
  const recorded = keyVersionsIn(old);
  if (old["keyId"] === key.keyId && recorded.length > 0) return recorded;
  const { afterRotation } = rotationSettings(member.inputs);
  const former = formerKeys(recorded, key.keyId).map((version): KeyVersion => {
    const same = key.versions.find((each) => each.keyId === version.keyId && each.version === version.version);
    return { afterRotation, ...version, from: version.from ?? same?.from };
  });
  const materials = materialsOf(key.versions, key.keyId).filter((version) => version.keyMaterialId !== undefined);
  if (materials.length < 2) return former;
  const arn = arnIn(key.arn, member.region);
  return [...former, ...materials.map(({ importedAt: _, ...version }) => ({ ...version, arn, keyState: "Creating" }))];
}

/**
 * Makes the replica where there is none, with its tags, policy and description in the call itself, and waits until AWS has made it. One that is there
 * already, because a run was cut off, is taken up where it is this resource's own.
 *
 * @returns whether this very call made it, and in which state it is
 */
export async function ensureReplica(
  member: ReplicaMember,
  versions: readonly KeyVersion[],
  key: ReplicatedKey,
): Promise<{ readonly made: boolean; readonly state: KmsKeyState }> {
  const { context, kms, inputs, region } = member;
  const found = await kms.describeKey(key.keyId);
  let made = false;
  if (found === undefined) {
    const former = new Set(formerKeys(versions, key.keyId).map(({ keyId }) => keyId));
    if (key.leavesAliases !== true) await refuseTakenInReplica(member, former, key.lineage);
    context.mayProceed();
    context.log.progress("making it");
    const answer = await key.primaryKms.replicateKey({
      keyId: key.keyId,
      region,
      description: inputs.description ?? "",
      ...(inputs.policy === undefined ? {} : { policy: inputs.policy }),
      tags: {
        ...(inputs.tags ?? {}),
        ...ownershipOf(key.lineage, inputs.owner, inputs.version, materialMark(inputs)),
      },
    });
    await kms.expectKey(key.keyId);
    made = answer === "made";
  }
  const facts = found === undefined || found.state === "Creating" ? await appeared(member, key.keyId) : found;
  // An adopted one was judged with its primary.
  if (!made && !isAdopted(member, key)) await requireOwnReplica(member, facts, key);
  return { made, state: facts.state };
}

/** True of the replica of a key that was adopted, until that key is rotated: what comes then this resource makes itself. */
export const isAdopted = ({ inputs }: ReplicaMember, { keyId, versions }: ReplicatedKey): boolean =>
  inputs.adopted === true && formerKeys(versions, keyId).length === 0;

async function appeared({ context, kms, region }: ReplicaMember, keyId: string): Promise<KmsKeyFacts> {
  for (let attempt = 0; attempt < patience.attempts; attempt += 1) {
    const facts = await kms.describeKey(keyId);
    if (facts !== undefined && facts.state !== "Creating") return facts;
    context.log.progress("waiting until AWS has made it");
    await context.sleep(patience.pauseMs);
  }
  throw new ByokError("BYOK_AWS_FAILED", `AWS has not finished the replica in ${region} yet.`, {
    hint: "It goes on in AWS. Run pulumi up again later; nothing is made twice.",
    retryable: true,
  });
}

/** Our lineage, or the owner that only this resource has: then it was made for a lineage that this one took over. */
async function requireOwnReplica(
  { kms, inputs }: ReplicaMember,
  facts: KmsKeyFacts,
  key: ReplicatedKey,
): Promise<void> {
  const tags = await kms.listTags(facts.keyId);
  const lineage = tags[ownershipTags.lineage];
  if (lineage === key.lineage || tags[ownershipTags.owner] === inputs.owner) return;
  throw new ByokError(
    "BYOK_OWNED_BY_ANOTHER",
    lineage === undefined
      ? `${facts.arn} is a replica that this resource has not made.`
      : `${facts.arn} belongs to another resource (lineage ${lineage}).`,
    {
      hint: `To hand it over, tag it ${ownershipTags.lineage}=${key.lineage}; else delete it, or remove it from replicas.`,
    },
  );
}
