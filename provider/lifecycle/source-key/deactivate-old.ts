import type { CopyLink, CustodianPort } from "../../model/ports/custodian";
import type { LifecycleContext, PlainRecord } from "../contract";
import { livingCopies } from "../../model/copy-life";
import type { SourceInputs } from "./source-inputs";

/** What became of a former version under `rotation.deactivateOld`. */
export type FormerFate = { readonly deactivated: true } | { readonly waitsFor: readonly string[] };

/** By version. */
export type Fates = ReadonlyMap<number, FormerFate>;

/** True where former versions are to be deactivated once nobody follows them any more. */
export const deactivatesOld = ({ rotation }: Pick<SourceInputs, "rotation">): boolean =>
  rotation?.deactivateOld === true;

interface RecordedVersion {
  readonly version: number;
  readonly state?: unknown;
  readonly waitsFor?: unknown;
}

const recordedVersions = (outputs: PlainRecord): readonly RecordedVersion[] =>
  (Array.isArray(outputs["versions"]) ? outputs["versions"] : []).filter(
    (entry: unknown): entry is RecordedVersion =>
      typeof entry === "object" && entry !== null && "version" in entry && typeof entry.version === "number",
  );

/** What the state knows of it. */
export const fatesIn = (outputs: PlainRecord): Fates =>
  new Map(
    recordedVersions(outputs).flatMap(({ version, state, waitsFor }): readonly (readonly [number, FormerFate])[] => {
      if (state === "deactivated") return [[version, { deactivated: true }]];
      return Array.isArray(waitsFor) ? [[version, { waitsFor: waitsFor.map(String) }]] : [];
    }),
  );

/**
 * True where an update has versions to deactivate, or to take that back. A version that waits for a copy is looked at again by a refresh; in the run of a rotation
 * the copies have not moved yet.
 */
export function isDeactivationDue(olds: PlainRecord, news: SourceInputs): boolean {
  if (olds["version"] !== news.version) return false;
  const fates = fatesIn(olds);
  if (!deactivatesOld(news)) return fates.size > 0;
  return recordedVersions(olds).some(
    ({ version, state }) => version < news.version && state === "exportable" && !fates.has(version),
  );
}

/** Which former versions nobody follows any more, and whom the others wait for; it reads the token. */
export async function findFates(
  context: LifecycleContext,
  custodian: CustodianPort,
  { owner, version }: Pick<SourceInputs, "owner" | "version">,
): Promise<Fates> {
  const links = await custodian.links(owner);
  const deactivated = await custodian.deactivated(owner);
  const former = (await custodian.list(owner)).filter((each) => each.version < version && each.exportable);
  return new Map(
    former.map((each): readonly [number, FormerFate] => {
      if (deactivated.includes(each.version)) return [each.version, { deactivated: true }];
      const waitsFor = stayingBehind(links, each.version, context.clock());
      return [each.version, { waitsFor }];
    }),
  );
}

/** Deactivates what nobody follows any more, or takes all of it back, and says so. */
export async function settleFormer(
  context: LifecycleContext,
  custodian: CustodianPort,
  inputs: SourceInputs,
): Promise<Fates> {
  if (!deactivatesOld(inputs)) {
    if ((await custodian.deactivated(inputs.owner)).length > 0) {
      context.mayProceed();
      await custodian.setDeactivated(inputs.owner, []);
      context.log.info(
        "its former versions are active again: they may be imported into any key that the group allows.",
      );
    }
    return new Map();
  }
  const found = await findFates(context, custodian, inputs);
  const done: number[] = [];
  const fates = new Map<number, FormerFate>();
  for (const [version, fate] of found) {
    if ("deactivated" in fate || fate.waitsFor.length === 0) {
      done.push(version);
      fates.set(version, { deactivated: true });
      if ("waitsFor" in fate)
        context.log.info(
          `version ${version} is deactivated: no copy follows it any more. It is imported again into keys that hold it, and into no other.`,
        );
      continue;
    }
    fates.set(version, fate);
    context.log.info(
      `version ${version} stays active: ${fate.waitsFor.join(", ")} has no newer one. pulumi refresh looks again.`,
    );
  }
  context.mayProceed();
  await custodian.setDeactivated(inputs.owner, done);
  return fates;
}

/** Copies of a version that have none of a newer one: neither the same key of a cloud, nor another key of the same resource. */
function stayingBehind(links: readonly CopyLink[], version: number, now: Date): readonly string[] {
  const living = livingCopies(links, now);
  const moved = living.filter((link) => link.version > version);
  const behind = living.filter(
    (link) =>
      link.version === version && !moved.some(({ arn, copyName }) => arn === link.arn || copyName === link.copyName),
  );
  return [...new Set(behind.map(({ copyName }) => copyName))].sort();
}
