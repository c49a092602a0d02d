import {
  azureOwnership,
  describeAzureStep,
  dueAzureSteps,
  formerSettings,
  type AzureStep,
  type DesiredAzureKey,
  type ObservedAzureKey,
  type OwnVersion,
} from "../../model/azure-key-steps";
import { azureVersionsIn, type AzureKeyVersion } from "../../model/azure-key-versions";
import { ByokError } from "../../model/errors";
import type { KeyVaultPort } from "../../model/ports/key-vault";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../contract";
import { pickDefined } from "../pick-defined";
import { canonicalJson } from "../same-json";
import { settle } from "../settled";
import { desiredAzureKey, type AzureKeyGoal } from "./azure-key-inputs";
import { bringVersion, proveVersion } from "./bring-version";
import { compareByokFile } from "./import-byok-file";
import { isBehind, keepsPolicy, policyAsked, policyGoal, requireFreshState, withNewest } from "./keep-policy";
import { removeLeftWrappingKeys } from "./import-wrapping-key";
import { observeVersions } from "./observe-versions";
import { pastOtherMaterial } from "./past-other-material";
import { azureOrigin, knownOf, recordAzureKey, type Told } from "./record-azure-key";

/** What {@link ensureAzureKey} works on. */
export interface AzureKeyUnderWork {
  readonly lineage: string;
  readonly inputs: AzureKeyGoal;
  /** Earlier outputs; empty on create. */
  readonly olds: PlainRecord;
  /** Azure's name of the version that is adopted, on create. */
  readonly adopted?: string | undefined;
}

/** The receipts in outputs. */
const receiptsIn = (olds: PlainRecord): PlainRecord => pickDefined(olds, ["proof", "link", "wrapping"]);

/**
 * Looks, does the next step, looks again, until nothing is left; then tells what was seen. A version is made once in a call at most: what reads do not
 * show at once is waited for, not done twice. Until the first step begins, a failure leaves the state as it is.
 *
 * @throws PartialFailure with the outputs so far, once the vault holds anything of this resource
 */
export async function ensureAzureKey(
  context: LifecycleContext,
  port: KeyVaultPort,
  given: AzureKeyUnderWork,
): Promise<PlainRecord> {
  const work = await afterOthers(context, port, await afterPolicy(context, port, given));
  const { inputs, lineage, olds } = work;
  const desired = desiredAzureKey(inputs, lineage, policyGoal(inputs, olds));
  let told: Told = { receipts: receiptsIn(olds), versions: knownVersions(inputs, olds) };
  let seen: ObservedAzureKey | undefined;
  let current = "reading the key";
  const done = new Set<string>();
  let began = false;
  try {
    for (let pauses = 0; ;) {
      const observed = await lookAgain(port, work, told);
      seen = observed;
      refuseForeign(inputs, observed, olds, desired);
      const due = dueAzureSteps(desired, observed, knownOf(told));
      const next = due.find((step) => !done.has(canonicalJson(step)));
      if (next === undefined && (due.length === 0 || pauses >= settle.attempts)) break;
      // Nothing is done on top of a version that does not show yet.
      if (next === undefined || (done.has(bring) && observed.current === undefined)) {
        pauses += 1;
        if (pauses >= settle.attempts) break;
        await context.sleep(settle.pauseMs);
        continue;
      }
      current = describeAzureStep(next);
      began = true;
      told = await perform(context, port, { inputs, desired, observed, told }, next);
      done.add(canonicalJson(next));
    }
    if (seen.current === undefined)
      throw new ByokError("BYOK_AZURE_NOT_FOUND", `${inputs.name} does not show in its vault after it was made.`, {
        retryable: true,
        hint: "Run pulumi up again; it goes on from there.",
      });
    return recordAzureKey(inputs, seen, told, desired);
  } catch (error) {
    const failure = ByokError.from(error, current).with({ step: current });
    if (!began) throw failure;
    const last = await lookAgain(port, work, told).catch(() => seen);
    const nothingYet = (last === undefined || last.own.length === 0) && Object.keys(olds).length === 0;
    if (nothingYet && !done.has(bring)) throw failure;
    throw new PartialFailure(lineage, last === undefined ? olds : recordAzureKey(inputs, last, told, desired), failure);
  }
}

/** What the state knows of versions. Another public key than before is compared anew. */
function knownVersions(inputs: AzureKeyGoal, olds: PlainRecord): readonly AzureKeyVersion[] {
  const versions = azureVersionsIn(olds);
  const { expectedPublicKeySha256: expected } = inputs;
  if (expected === undefined || expected === olds["expectedPublicKeySha256"]) return versions;
  return versions.map((version) =>
    version.version === inputs.version ? { ...version, provedAt: undefined } : version,
  );
}

const bring = canonicalJson({ kind: "bring" });

/** The same work, on the version that Azure made by the key's policy where it made one. */
async function afterPolicy(
  context: LifecycleContext,
  port: KeyVaultPort,
  work: AzureKeyUnderWork,
): Promise<AzureKeyUnderWork> {
  const { inputs, olds } = work;
  if (!keepsPolicy(inputs, olds) && !isBehind(inputs, olds)) return work;
  const observed = await lookAgain(port, work, { receipts: {}, versions: azureVersionsIn(olds) });
  requireFreshState(inputs, olds, observed);
  return { ...work, inputs: withNewest(context, inputs, olds, observed) };
}

/** The same work under a number that no other material has taken. A version that the program names by its id is that version, or none. */
async function afterOthers(
  context: LifecycleContext,
  port: KeyVaultPort,
  work: AzureKeyUnderWork,
): Promise<AzureKeyUnderWork> {
  const { inputs, olds, adopted } = work;
  if (adopted !== undefined) return work;
  const versions = azureVersionsIn(olds);
  const observed = await lookAgain(port, work, { receipts: {}, versions });
  const isNew = Object.keys(olds).length === 0;
  return { ...work, inputs: pastOtherMaterial(context, inputs, observed, { versions, isNew }) };
}

/** What is there now. Also after a step that failed: an answer that was lost may have left a version. */
const lookAgain = (
  port: KeyVaultPort,
  { inputs, lineage, adopted, olds }: AzureKeyUnderWork,
  told: Told,
): Promise<ObservedAzureKey> =>
  observeVersions(port, inputs.name, {
    lineage,
    owner: inputs.owner,
    version: inputs.version,
    known: told.versions,
    adopted,
    policy: policyAsked(inputs, olds),
  });

/** A name that others use, an older state, and material of another origin under the same number are no basis to go on. */
function refuseForeign(
  inputs: AzureKeyGoal,
  { own, foreign, current }: ObservedAzureKey,
  olds: PlainRecord,
  desired: DesiredAzureKey,
): void {
  if (own.length === 0 && foreign.length > 0 && olds["versionId"] === undefined) {
    const newest = foreign.at(-1);
    throw new ByokError(
      "BYOK_OWNED_BY_ANOTHER",
      `${inputs.name} exists in ${inputs.vaultUrl} already, and this resource did not make it.`,
      {
        property: "name",
        hint: `Choose another name, or take it over: adopt: { id: "${newest?.id ?? ""}" }. Nothing was changed.`,
      },
    );
  }
  const highest = own.at(-1);
  if (highest !== undefined && highest.number > inputs.version)
    throw new ByokError(
      "BYOK_KEY_DRIFTED",
      `The key holds version ${highest.number} by now, and this state knows version ${inputs.version}; a key never goes back to an older version.`,
      { hint: "Run pulumi refresh, then pulumi up again." },
    );
  const mark = current?.tags["byok:material"];
  if (current !== undefined && mark !== undefined && desired.mark !== undefined && mark !== desired.mark)
    throw new ByokError(
      "BYOK_KEY_DRIFTED",
      `Version ${inputs.version} of the key holds material of another origin than this program names.`,
      {
        hint:
          inputs.adopt === undefined
            ? "Somebody else changed it just now. Run pulumi up again: this material then gets the next version."
            : "Correct material or adopt.id. Nothing was changed.",
      },
    );
}

interface Scene {
  readonly inputs: AzureKeyGoal;
  readonly desired: DesiredAzureKey;
  readonly observed: ObservedAzureKey;
  readonly told: Told;
}

async function perform(
  context: LifecycleContext,
  port: KeyVaultPort,
  { inputs, desired, observed, told }: Scene,
  step: AzureStep,
): Promise<Told> {
  const { name } = inputs;
  switch (step.kind) {
    case "bring":
      await removeLeftWrappingKeys(context, port, inputs);
      return bringVersion(context, port, inputs, desired, told);
    case "prove":
      if ("byok" in inputs.material && observed.current !== undefined)
        return compareByokFile(context, inputs, requireCurrent(observed).number, observed.current, told);
      await removeLeftWrappingKeys(context, port, inputs);
      return proveVersion(context, inputs, requireCurrent(observed), told);
    case "own": {
      const { number, facts } = step.version;
      context.mayProceed();
      await port.updateVersion(name, facts.version, {
        tags: { ...facts.tags, ...azureOwnership(desired, number) },
      });
      return told;
    }
    case "set":
      context.mayProceed();
      context.log.progress(describeAzureStep(step));
      await port.updateVersion(name, requireCurrent(observed).facts.version, step.settings);
      return told;
    case "policy":
      context.mayProceed();
      context.log.progress(describeAzureStep(step));
      await port.setRotationPolicy(name, step.policy);
      return told;
    case "former":
      context.mayProceed();
      context.log.progress(describeAzureStep(step));
      await port.updateVersion(name, step.version.facts.version, formerSettings(step));
      return { ...told, versions: withDisabledBy(inputs, told.versions, step.version, step.disabledBy) };
  }
}

function requireCurrent({ own, current }: ObservedAzureKey): OwnVersion {
  const found = own.find(({ facts }) => facts.version === current?.version);
  if (found !== undefined) return found;
  throw new ByokError("BYOK_INTERNAL", "The version that is asked for is not among those of the key.");
}

function withDisabledBy(
  inputs: AzureKeyGoal,
  versions: readonly AzureKeyVersion[],
  { number, facts }: OwnVersion,
  disabledBy: AzureKeyVersion["disabledBy"],
): readonly AzureKeyVersion[] {
  if (versions.some(({ keyVersion }) => keyVersion === facts.version))
    return versions.map((version) => (version.keyVersion === facts.version ? { ...version, disabledBy } : version));
  const { version: keyVersion, id, enabled } = facts;
  const createdOn = facts.createdOn.toISOString();
  return [
    ...versions,
    { version: number, keyVersion, id, enabled, createdOn, origin: azureOrigin(inputs), disabledBy },
  ];
}
