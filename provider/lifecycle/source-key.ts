import { ByokError } from "../model/errors";
import type { CustodianPort, GenerateRequest, SourceVersion } from "../model/ports/custodian";
import type { Lifecycle, LifecycleContext, PlainRecord } from "./contract";
import { sourceKeyInputs } from "./inputs/source-key-inputs";
import { remembered } from "./remembered";
import { changedProperties } from "./same-json";
import { checkSource } from "./source-key/check-source";
import {
  deactivatesOld,
  fatesIn,
  findFates,
  isDeactivationDue,
  settleFormer,
  type Fates,
} from "./source-key/deactivate-old";
import { closeVersions, destroyVersions } from "./source-key/let-go";
import { nextRotation } from "./source-key/plan-rotation";
import { requirePlanned } from "./source-key/require-planned";
import { datesIn, recordSource } from "./source-key/record-source";
import { tellTouched } from "./source-key/tell-touched";
import { parseSourceInputs, sourceInputsIn, tokenIn, type SourceInputs } from "./source-key/source-inputs";

/** Inputs whose change is recorded, or done in the token. */
const watched = [
  ...["label", "onDestroy", "exportable", "version", "owner", "spec"],
  ...["rotation", "rotationTrigger", "startAt", "period", "compromised"],
];

/** A key in the token. Only its maker (organisation, project, stack and URN) finds it again after a lost state. */
export const sourceKey: Lifecycle = {
  kind: "SourceKey",

  check: checkSource,

  async diff(context, _id, olds, news) {
    const changed = changedProperties(olds, news, watched);
    const moved = changedProperties(tokenIn(olds), tokenIn(news), ["token"]);
    if (olds["exportable"] === true && news["exportable"] === false) {
      context.log.warn(
        "closing this key is for ever: no copy of it can be imported again, not even to repair one or to extend its validity. " +
          "It needs the input confirm; pulumi up names the word.",
      );
    }
    if (changed.includes("version") && typeof olds["version"] === "number") warnOfRotation(context, olds, news);
    const since = sourceKeyInputs.shape.compromised.safeParse(news["compromised"]).data?.since;
    if (changed.includes("compromised") && since !== undefined)
      await tellTouched(context, parseSourceInputs(news), since);
    const wanted = sourceKeyInputs
      .required({ owner: true, version: true, label: true })
      .safeParse(sourceInputsIn(news));
    const due = wanted.success && isDeactivationDue(olds, wanted.data);
    return { changes: due || changed.length + moved.length > 0, replaces: [] };
  },

  async create(context, inputs) {
    const parsed = parseSourceInputs(inputs);
    const custodian = context.custodian(parsed.group.token);
    await requireToken(custodian, parsed);
    const before = await custodian.list(parsed.owner);
    requirePlanned(before, parsed);
    context.mayProceed();
    context.log.progress(`generating ${parsed.spec} in the token`);
    const version = await custodian.generate(generation(parsed));
    const mustRename = version.name !== parsed.label;
    if (mustRename) {
      context.mayProceed();
      await custodian.rename(parsed.owner, parsed.label);
    }
    const mustClose = !parsed.exportable && version.exportable;
    if (mustClose) {
      context.mayProceed();
      await custodian.close({ owner: parsed.owner, version: parsed.version });
    }
    const claim = context.random(16).toString("hex");
    await custodian.claim(parsed.owner, claim);
    const existed = before.some((each) => each.version === parsed.version);
    const dates = existed ? [] : [[parsed.version, context.clock().toISOString()] as const];
    const versions = mustRename || mustClose ? await custodian.list(parsed.owner) : withVersion(before, version);
    return { id: parsed.owner, outputs: { ...recordSource(parsed, versions, new Map(dates)), claim } };
  },

  async read(context, _id, outputs) {
    const parsed = parseSourceInputs(outputs);
    const custodian = context.custodian(parsed.group.token);
    await requireToken(custodian, parsed);
    const versions = await custodian.list(parsed.owner);
    if (versions.length === 0) return undefined;
    const [newest] = versions.slice(-1);
    const actual = {
      ...parsed,
      label: newest?.name ?? parsed.label,
      exportable: newest?.exportable ?? parsed.exportable,
      version: newest?.version ?? parsed.version,
    };
    if (actual.label !== parsed.label)
      context.log.warn(`drift: the label in the token is "${actual.label}", not "${parsed.label}".`);
    if (!actual.exportable && parsed.exportable) {
      context.log.warn(
        "drift: the key was closed in the token (CKA_EXTRACTABLE is false); it can never be wrapped again.",
      );
    }
    const resumed = actual.version > parsed.version;
    if (resumed) {
      context.log.warn(
        `drift: the token holds version ${actual.version}, and the state knew ${parsed.version}; an interrupted run or another state made it.`,
      );
    }
    return {
      outputs: {
        ...recordSource(actual, versions, datesIn(outputs), await fatesNow(context, custodian, actual, outputs)),
        claim: outputs["claim"],
      },
      // So that a rotation that was cut off after the token had done it is not done twice.
      inputs: { ...sourceInputsIn(actual), ...(resumed ? { resumed } : {}) },
    };
  },

  async update(context, _id, olds, news) {
    const parsed = parseSourceInputs(news);
    if (
      changedProperties({ ...olds, ...tokenIn(olds) }, { ...news, ...tokenIn(news) }, [
        "label",
        "exportable",
        "version",
        "token",
      ]).length === 0 &&
      !isDeactivationDue(olds, parsed)
    ) {
      const names = Object.keys(sourceKeyInputs.shape);
      return { ...remembered(olds, sourceInputsIn(parsed), names), nextRotation: nextRotation(parsed) };
    }
    const custodian = context.custodian(parsed.group.token);
    await requireToken(custodian, parsed);
    const claim = await claimAgain(context, custodian, { olds, owner: parsed.owner, news });
    if (olds["label"] !== parsed.label) {
      context.mayProceed();
      await custodian.rename(parsed.owner, parsed.label);
    }
    const dates = new Map(datesIn(olds));
    if (olds["version"] !== parsed.version) {
      const before = await custodian.list(parsed.owner);
      requirePlanned(before, parsed);
      context.mayProceed();
      context.log.progress(`generating version ${parsed.version} in the token`);
      await custodian.generate(generation(parsed));
      const existed = before.some((each) => each.version === parsed.version);
      if (!existed) dates.set(parsed.version, context.clock().toISOString());
    }
    if (!parsed.exportable) await closeVersions(context, custodian, parsed);
    const fates = isDeactivationDue(olds, parsed) ? await settleFormer(context, custodian, parsed) : fatesIn(olds);
    return { ...recordSource(parsed, await custodian.list(parsed.owner), dates, fates), claim };
  },

  async delete(context, _id, outputs) {
    const parsed = parseSourceInputs(outputs);
    if (parsed.onDestroy === "retain") {
      context.log.info(`${parsed.label} stays in the token; the same resource finds it again.`);
      return;
    }
    const custodian = context.custodian(parsed.group.token);
    await requireToken(custodian, parsed);
    const claimant = await custodian.claimant(parsed.owner);
    if (claimant !== undefined && claimant !== outputs["claim"]) {
      // The old half of a replacement, or of a state that was restored: deleting it must not take away what the new one has.
      context.log.warn(
        "another record of this resource has the key by now (a replacement, or another state); only this record of it is dropped, the key stays in the token.",
      );
      return;
    }
    await destroyVersions(context, custodian, parsed);
  },
};

/** Another token may not know whose the key is; what another record of this resource has claimed there stays its own. */
async function claimAgain(
  context: LifecycleContext,
  custodian: CustodianPort,
  { olds, news, owner }: { readonly olds: PlainRecord; readonly news: PlainRecord; readonly owner: string },
): Promise<unknown> {
  const moved = changedProperties(tokenIn(olds), tokenIn(news), ["token"]).length > 0;
  if (!moved || (await custodian.claimant(owner)) !== undefined) return olds["claim"];
  const claim = typeof olds["claim"] === "string" ? olds["claim"] : context.random(16).toString("hex");
  context.mayProceed();
  await custodian.claim(owner, claim);
  return claim;
}

/** A refresh looks again whom former versions wait for; one that waits for nobody any more is due. */
async function fatesNow(
  context: LifecycleContext,
  custodian: CustodianPort,
  inputs: SourceInputs,
  outputs: PlainRecord,
): Promise<Fates> {
  if (!deactivatesOld(inputs) && fatesIn(outputs).size === 0) return new Map();
  const found = await findFates(context, custodian, inputs);
  return new Map([...found].filter(([, fate]) => "deactivated" in fate || fate.waitsFor.length > 0));
}

function warnOfRotation(context: LifecycleContext, olds: PlainRecord, news: PlainRecord): void {
  const from = String(olds["version"]);
  context.log.info(
    `is rotated: the token makes version ${String(news["version"])} and keeps version ${from}, so that copies of it can be imported again. Copies with follow: true take the new one in this run.`,
  );
}

const generation = ({ owner, version, label, spec, operations }: SourceInputs): GenerateRequest => ({
  owner,
  version,
  name: label,
  spec,
  ...(operations === undefined ? {} : { unwraps: true }),
});

async function requireToken(custodian: CustodianPort, inputs: SourceInputs): Promise<void> {
  const { identity } = await custodian.connect();
  const expected = inputs.group.identity;
  if (expected === undefined || expected.serial === identity.serial) return;
  throw new ByokError(
    "BYOK_TOKEN_NOT_FOUND",
    `Token ${expected.label} (serial ${expected.serial}) is asked for, and this one has serial ${identity.serial}.`,
  );
}

/** Every version, with this one as it is now; nothing is above the version that a create works on. */
const withVersion = (versions: readonly SourceVersion[], version: SourceVersion): readonly SourceVersion[] => [
  ...versions.filter((each) => each.version < version.version),
  version,
];
