import { isAliasStep, type KeyStep } from "../../../model/aws-key-steps";
import { ByokError } from "../../../model/errors";
import { formerKeys, keyVersionsIn } from "../../../model/key-versions";
import type { KmsPort } from "../../../model/ports/kms";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../../contract";
import { connectionOf } from "../../connection-of";
import { textList } from "../../text-list";
import { deleteGivenUp, deleteUnwanted } from "../delete-unwanted";
import { ensureKey, type KeyUnderWork } from "../ensure-key";
import { keyInputsIn } from "../key-inputs";
import { compromiseOf } from "../key-material";
import { ensureReplica, isAdopted, replicaVersions, type ReplicatedKey } from "./ensure-replica";
import { formerReplicasAt } from "./former-replicas";
import { movePrimary, presentPrimary } from "./move-primary";
import { recordedReplicas } from "./recorded-replicas";
import { namedMembers, recordedMembers, replicaMembers, type ReplicaMember } from "./replica-member";
import { arnIn, expectedReplica, replicaRecord, setOutputs, unseenReplica } from "./replica-record";

/**
 * As {@link ensureKey}, for a key in several Regions: the key in the group's Region gets its material, then each replica is made and gets the same, then
 * the primary moves where that is asked for, and only when all of them hold the material the aliases follow, in every Region.
 *
 * @throws PartialFailure with all that is known; whatever it died in, the next run goes on from there.
 */
export async function ensureKeySet(context: LifecycleContext, kms: KmsPort, work: KeyUnderWork): Promise<PlainRecord> {
  const outputs =
    work.inputs.multiRegion === true
      ? await new KeySet(context, kms, work).ensure()
      : await ensureKey(context, kms, work);
  const { lineage, inputs, olds } = work;
  // Also where an earlier run rotated the key: an alias that was given up stands on a former one until it is deleted.
  await deleteGivenUp(context, kms, {
    lineage,
    wanted: inputs.aliases ?? [],
    given: textList(olds["aliases"]),
    outputs,
  });
  return outputs;
}

/** The material of an adopted replica is not ours to touch, unless it has none. */
const keepsMaterial = (member: ReplicaMember, key: ReplicatedKey, record: PlainRecord, state: unknown): boolean =>
  isAdopted(member, key) && record["proof"] === undefined && state !== "PendingImport";

class KeySet {
  private main: PlainRecord;
  /** By Region; those that the program does not name any more stay until they are removed. */
  private readonly replicas: Map<string, PlainRecord>;
  private primaryRegion: unknown;

  constructor(
    private readonly context: LifecycleContext,
    private readonly kms: KmsPort,
    private readonly work: KeyUnderWork,
  ) {
    this.main = { ...keyInputsIn(work.inputs), ...work.olds, keyId: work.keyId };
    this.replicas = new Map(recordedReplicas(work.olds).map(({ region, record }) => [region, record]));
    this.primaryRegion = work.olds["primaryRegion"];
  }

  async ensure(): Promise<PlainRecord> {
    const { context, kms, work } = this;
    const { inputs, keyId } = work;
    const home = inputs.region;
    const wanted = inputs.primaryRegion ?? home;
    const isCompromised = compromiseOf(inputs.material) !== undefined;
    this.rememberAdopted();
    // Out of use at once, whatever may hinder in another Region.
    if (isCompromised) await this.ensureMain(isAliasStep);
    const named = await this.during("reach the Regions of the replicas", () => replicaMembers(context, inputs));
    // What others may have is imported nowhere, so no replica is made of it.
    const members = isCompromised ? named.filter(({ region }) => this.isMade(region)) : named;
    const places = new Map([[home, kms] as const, ...members.map((member) => [member.region, member.kms] as const)]);
    // The primary may still be in a Region that the program does not name any more.
    for (const { region, inputs: leaving } of recordedMembers(inputs, work.olds))
      if (!places.has(region)) places.set(region, context.kms(connectionOf(leaving.group)));
    const moves = wanted !== (this.primaryRegion ?? home);
    // AWS replicates an enabled primary, and moves it between enabled keys, so disabling comes after both.
    const incomplete = moves || members.some(({ region }) => !this.isMade(region));
    await this.ensureMain((step) => isAliasStep(step) || (step.kind === "disable" && incomplete));
    const primary = await this.during("look for the primary", () => presentPrimary({ keyId, places }, home));
    this.primaryRegion = primary.region;
    const key: ReplicatedKey = {
      lineage: work.lineage,
      keyId,
      arn: String(this.main["arn"]),
      versions: keyVersionsIn(this.main),
      primaryKms: primary.kms,
      ...(work.leavesAliases === true ? { leavesAliases: true } : {}),
    };
    for (const member of members) await this.ensureMember(member, key, moves && member.region === wanted);
    if (primary.region !== wanted) {
      await this.during(`make the key in ${wanted} the primary`, () =>
        movePrimary(context, { keyId, wanted, places }, home),
      );
      this.primaryRegion = wanted;
    }
    if (textList(this.main["pending"]).length > 0) await this.ensureMain();
    for (const member of members) await this.finishMember(member, key);
    return this.outputs();
  }

  /** An adoption takes over all of a key: whatever it dies in, the state tells of every replica, and how it was found. */
  private rememberAdopted(): void {
    const { inputs, keyId, olds } = this.work;
    const arn = olds["arn"] ?? inputs.adopt?.arn;
    if (typeof arn !== "string") return;
    for (const { region, inputs: there } of namedMembers(inputs)) {
      if (there.adopted !== true || this.replicas.has(region)) continue;
      const record = unseenReplica(there, { keyId, arn: arnIn(arn, region) });
      this.replicas.set(region, { ...record, primaryArn: arn });
    }
  }

  private isMade(region: string): boolean {
    const record = this.replicas.get(region);
    return record?.["keyId"] === this.work.keyId && record["keyState"] !== "Creating";
  }

  private async ensureMain(defers?: (step: KeyStep) => boolean): Promise<void> {
    try {
      this.main = await ensureKey(this.context, this.kms, {
        ...this.work,
        olds: this.main,
        ...(defers === undefined ? {} : { defers }),
      });
    } catch (error) {
      if (error instanceof PartialFailure) this.main = error.outputs;
      throw this.failed(error, "ensure the key", []);
    }
  }

  private async ensureMember(member: ReplicaMember, key: ReplicatedKey, becomesPrimary: boolean): Promise<void> {
    const { region, inputs } = member;
    const old = this.replicas.get(region) ?? {};
    const versions = replicaVersions(member, old, key);
    const isKnown = old["keyId"] === key.keyId;
    const aliases = textList(old["aliases"]);
    // Known before it is asked for: a lost answer leaves a replica that only the state tells of.
    if (!isKnown) {
      const expected = expectedReplica(inputs, { keyId: key.keyId, arn: arnIn(key.arn, region) });
      this.replicas.set(region, { ...expected, versions, aliases, primaryArn: key.arn });
    }
    const { made, state } = await this.during(`make the replica in ${region}`, () =>
      ensureReplica(member, versions, key),
    );
    await this.ensureReplicasKey(member, key, {
      madeNow: made,
      keepMaterial: keepsMaterial(member, key, isKnown ? old : {}, state),
      olds: { ...(isKnown ? old : {}), versions, aliases },
      defers: (step) => isAliasStep(step) || (step.kind === "disable" && becomesPrimary),
    });
  }

  /** The aliases of a replica and what else waited for all Regions; aliases that the program gave up during a rotation stay on no former key. */
  private async finishMember(member: ReplicaMember, key: ReplicatedKey): Promise<void> {
    const { region, context, kms, inputs } = member;
    const record = this.replicas.get(region) ?? {};
    const given = textList(record["aliases"]);
    if (textList(record["pending"]).length > 0)
      await this.ensureReplicasKey(member, key, {
        madeNow: false,
        keepMaterial: keepsMaterial(member, key, record, record["keyState"]),
        olds: record,
      });
    const former = new Set(formerKeys(keyVersionsIn(record), key.keyId).map(({ keyId }) => keyId));
    if (former.size === 0) return;
    const wanted = inputs.aliases ?? [];
    await this.during(`delete former aliases in ${region}`, () =>
      deleteUnwanted(context, kms, { given, wanted }, former),
    );
    const done = this.replicas.get(region) ?? {};
    this.replicas.set(region, {
      ...done,
      aliases: textList(done["aliases"]).filter((alias) => wanted.includes(alias)),
    });
  }

  private async ensureReplicasKey(
    { region, context, kms, inputs, property }: ReplicaMember,
    { keyId, arn, lineage, versions, leavesAliases = false }: ReplicatedKey,
    part: Pick<KeyUnderWork, "madeNow" | "keepMaterial" | "olds" | "defers">,
  ): Promise<void> {
    const keep = (outputs: PlainRecord, finished: boolean): void => {
      const record = replicaRecord(outputs, arn);
      const given = finished ? [] : textList(part.olds["aliases"]);
      const aliases = [...new Set([...textList(record["aliases"]), ...given])].sort();
      this.replicas.set(region, { ...record, aliases });
    };
    try {
      const first = versions.find((version) => version.keyId === keyId && version.version === inputs.version);
      const sameAs = first?.fingerprint === undefined ? {} : { sameAs: first.fingerprint };
      const work = { lineage, keyId, inputs, replicaOf: arn, leavesAliases, ...sameAs, ...part };
      keep(await ensureKey(context, kms, work), part.defers === undefined && !leavesAliases);
    } catch (error) {
      if (error instanceof PartialFailure && error.outputs["arn"] !== undefined) keep(error.outputs, false);
      throw this.failed(error, `ensure the replica in ${region}`, [], property);
    }
  }

  /** Runs one part; what it raises leaves with everything that is known by then. */
  private async during<T>(step: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw this.failed(error, step, [step]);
    }
  }

  private failed(error: unknown, step: string, unfinished: readonly string[], property?: string): PartialFailure {
    const failure = error instanceof PartialFailure ? error.failure : ByokError.from(error, step);
    const named =
      property === undefined || failure.property === undefined || failure.property.startsWith(property)
        ? failure
        : failure.with({ property: `${property}.${failure.property}` });
    return new PartialFailure(this.work.lineage, this.outputs(unfinished), named.with({ step: named.step ?? step }));
  }

  private outputs(unfinished: readonly string[] = []): PlainRecord {
    const wanted = (this.work.inputs.replicas ?? []).map(({ group }) => group.region);
    const order = [...wanted, ...[...this.replicas.keys()].filter((region) => !wanted.includes(region))];
    const replicas = order.flatMap((region): readonly PlainRecord[] => {
      const record = this.replicas.get(region);
      return record === undefined ? [] : [record];
    });
    return {
      ...setOutputs(this.main, replicas, this.primaryRegion, unfinished),
      ...formerReplicasAt(this.work.olds, this.context.clock()),
    };
  }
}
