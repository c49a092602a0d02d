import { ByokError } from "../model/errors";
import { isLabOwner, sourceOwner } from "../model/owner";
import { confirmationWord, isConfirmed } from "../model/confirmation";
import type { CustodianPort, SourceVersion } from "../model/ports/custodian";
import { accepted, failureOf, refused } from "./answers";
import type { CheckFailure, CheckResult, Lifecycle, LifecycleContext, PlainRecord } from "./contract";
import { sourceKeyInputs, type SourceKeyInputs } from "./inputs/source-key-inputs";
import { changedProperties } from "./same-json";
import { validate } from "./validate";

/** Inputs whose change is recorded, or done in the token. */
const watched = ["label", "onDestroy", "exportable", "version", "owner", "spec"];

/** A key in the token. Only its maker (organisation, project, stack and URN) finds it again after a lost state. */
export const sourceKey: Lifecycle = {
  kind: "SourceKey",

  async check(context, olds, news) {
    const validated = validate(sourceKeyInputs, news);
    if (validated.kind === "wrong") return refused(news, validated.failures);
    if (validated.kind === "unknown") return accepted(news);
    const inputs = validated.value;
    const failures = [...ruleFailures(inputs), ...changeFailures(olds, inputs)];
    if (failures.length > 0) return refused(news, failures);
    const derived = { ...inputs, label: inputs.label ?? context.name, owner: ownerOf(olds, inputs) };
    if (isLabOwner(derived.owner) !== inputs.group.lab) return refused(news, [labFailure(derived.owner, inputs)]);
    const before = sourceKeyInputs.shape.version.safeParse(olds["version"]);
    if (before.success && before.data !== undefined) return accepted({ ...derived, version: before.data });
    if (inputs.group.abilities === undefined) return accepted(derived);
    return continueFromToken(context, derived);
  },

  async diff(context, _id, olds, news) {
    const changed = changedProperties(olds, news, watched);
    const moved = changedProperties(tokenOf(olds), tokenOf(news), ["token"]);
    if (olds["exportable"] === true && news["exportable"] === false) {
      context.log.warn(
        "closing this key is for ever: no copy of it can be imported again, not even to repair one or to extend its validity. " +
          "It needs the input confirm; pulumi up names the word.",
      );
    }
    return Promise.resolve({ changes: changed.length + moved.length > 0, replaces: [] });
  },

  async create(context, inputs) {
    const parsed = parse(inputs);
    const custodian = context.custodian(parsed.group.token);
    await requireToken(custodian, parsed);
    context.mayProceed();
    context.log.progress(`generating ${parsed.spec} in the token`);
    const version = await custodian.generate({
      owner: parsed.owner,
      version: parsed.version,
      name: parsed.label,
      spec: parsed.spec,
    });
    if (!parsed.exportable && version.exportable) {
      context.mayProceed();
      await custodian.close({ owner: parsed.owner, version: parsed.version });
    }
    made.add(parsed.owner);
    const outputs = await observe(context, custodian, parsed, context.clock());
    return { id: parsed.owner, outputs };
  },

  async read(context, _id, outputs) {
    const parsed = parse(inputsIn(outputs));
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
    return { outputs: outputsOf(actual, versions, outputs), inputs: inputsIn(actual) };
  },

  async update(context, _id, olds, news) {
    const parsed = parse(news);
    if (
      changedProperties({ ...olds, ...tokenOf(olds) }, { ...news, ...tokenOf(news) }, ["label", "exportable", "token"])
        .length === 0
    ) {
      return { ...olds, ...inputsIn(parsed) };
    }
    const custodian = context.custodian(parsed.group.token);
    await requireToken(custodian, parsed);
    if (olds["label"] !== parsed.label) {
      context.mayProceed();
      await custodian.rename(parsed.owner, parsed.label);
    }
    if (!parsed.exportable) await close(context, custodian, parsed);
    return observe(context, custodian, parsed, undefined, olds);
  },

  async delete(context, _id, outputs) {
    const parsed = parse(inputsIn(outputs));
    if (parsed.onDestroy === "retain") {
      context.log.info(`${parsed.label} stays in the token; the same resource finds it again.`);
      return;
    }
    if (made.has(parsed.owner)) {
      context.log.warn(
        "this run made or found the key anew; only the old record of it is dropped, the key stays in the token.",
      );
      return;
    }
    const custodian = context.custodian(parsed.group.token);
    await requireToken(custodian, parsed);
    await destroyVersions(context, custodian, parsed);
  },
};

/** Owners whose key this process created: deleting the old half of a replacement must not take the new half away. */
const made = new Set<string>();

function ruleFailures(inputs: SourceKeyInputs): readonly CheckFailure[] {
  const { group, spec } = inputs;
  if (group.allowedSpecs !== undefined && !group.allowedSpecs.includes(spec)) {
    return [
      {
        property: "spec",
        reason: `${spec} is not among the allowedSpecs of ${group.name}: ${group.allowedSpecs.join(", ")}.`,
      },
    ];
  }
  if (group.abilities !== undefined && !group.abilities.specs.includes(spec)) {
    const model = group.identity === undefined ? "this token" : `this token (${group.identity.model})`;
    return [
      { property: "spec", reason: `${model} makes no ${spec} keys. It makes ${group.abilities.specs.join(", ")}.` },
    ];
  }
  if (inputs.onDestroy === "destroy" && group.abilities?.storesLinks === false) {
    return [
      {
        property: "onDestroy",
        reason:
          '"destroy" needs a token that stores data objects, where copies are remembered; this one does not. Use "retain", and destroy the key with the token\'s own tools.',
      },
    ];
  }
  return [];
}

/** A key that was in a local cloud was in clear there; a real one must never get there. */
const labFailure = (owner: string, inputs: SourceKeyInputs): CheckFailure => ({
  property: inputs.adopt === undefined ? "group" : "adopt.owner",
  reason: isLabOwner(owner)
    ? `the key was made in a group with lab: true and can never leave the lab; ${inputs.group.name} is no lab. Make a new SourceKey.`
    : `the key was made in a group without lab and can never go to a lab; ${inputs.group.name} has lab: true. Make a new SourceKey.`,
});

function changeFailures(olds: PlainRecord, inputs: SourceKeyInputs): readonly CheckFailure[] {
  const failures: CheckFailure[] = [];
  if (typeof olds["spec"] === "string" && olds["spec"] !== inputs.spec) {
    failures.push({
      property: "spec",
      reason: `cannot change (it is ${olds["spec"]}): another type is another key. Make a new SourceKey.`,
    });
  }
  if (olds["exportable"] === false && inputs.exportable) {
    failures.push({
      property: "exportable",
      reason: "cannot become true again: closing is for ever (CKA_EXTRACTABLE, PKCS#11).",
    });
  }
  if (inputs.adopt !== undefined && typeof olds["owner"] === "string" && olds["owner"] !== inputs.adopt.owner) {
    failures.push({ property: "adopt", reason: "may be removed, not changed: this resource has its key already." });
  }
  return failures;
}

function ownerOf(olds: PlainRecord, inputs: SourceKeyInputs): string {
  if (typeof olds["owner"] === "string") return olds["owner"];
  if (inputs.adopt !== undefined) return inputs.adopt.owner;
  return sourceOwner({ organization: inputs.organization ?? "organization", urn: inputs.self ?? "" }, inputs.group.lab);
}

async function continueFromToken(
  context: LifecycleContext,
  inputs: SourceKeyInputs & { label: string; owner: string },
): Promise<CheckResult> {
  let versions: readonly SourceVersion[];
  try {
    versions = await context.custodian(inputs.group.token).list();
  } catch (error) {
    return refused(inputs, [failureOf(error, "group", "Looking into the token")]);
  }
  const own = versions.filter((version) => version.owner === inputs.owner);
  const [newest] = own.slice(-1);
  if (newest !== undefined) {
    if (newest.spec !== inputs.spec) {
      return refused(inputs, [
        {
          property: "spec",
          reason: `the token holds ${newest.name} version ${newest.version} as ${newest.spec}. Write that, or give the resource another name.`,
        },
      ]);
    }
    if (newest.exportable === inputs.exportable || !inputs.exportable)
      return accepted({ ...inputs, version: newest.version });
    return refused(inputs, [
      { property: "exportable", reason: "the key was closed in the token; write exportable: false." },
    ]);
  }
  if (inputs.adopt !== undefined) {
    return refused(inputs, [{ property: "adopt.owner", reason: "the token holds no key of this owner." }]);
  }
  const clash = versions.find((version) => version.name === inputs.label);
  if (clash !== undefined) {
    return refused(inputs, [
      {
        property: "label",
        reason:
          `the token holds a key named "${clash.name}" that another program or stack made. ` +
          `To take it over: adopt: { owner: "${clash.owner}" }. To make a new one: give it another label.`,
      },
    ]);
  }
  return accepted({ ...inputs, version: 1 });
}

/** Inputs as create, update, read and delete need them: derived ones are there. */
const complete = sourceKeyInputs.required({ owner: true, version: true, label: true });
const parse = (inputs: PlainRecord): ReturnType<typeof complete.parse> => {
  const parsed = complete.safeParse(inputs);
  if (parsed.success) return parsed.data;
  throw new ByokError("BYOK_TOKEN_NOT_FOUND", "What the token holds was not known when this run was planned.", {
    hint: "Make the PIN reference of the source group resolve, and run pulumi up again.",
  });
};

async function requireToken(custodian: CustodianPort, inputs: SourceKeyInputs): Promise<void> {
  const { identity } = await custodian.connect();
  const expected = inputs.group.identity;
  if (expected === undefined || expected.serial === identity.serial) return;
  throw new ByokError(
    "BYOK_TOKEN_NOT_FOUND",
    `Token ${expected.label} (serial ${expected.serial}) is asked for, and this one has serial ${identity.serial}.`,
  );
}

async function close(
  context: LifecycleContext,
  custodian: CustodianPort,
  inputs: ReturnType<typeof parse>,
): Promise<void> {
  const open = (await custodian.list(inputs.owner)).filter((version) => version.exportable);
  const [newest] = open.slice(-1);
  if (newest === undefined) return;
  await refuseLiveCopies(context, custodian, inputs, "closed");
  const word = confirmationWord({
    operation: "close-source",
    cloudId: newest.id,
    lineage: inputs.owner,
    version: newest.version,
    state: "exportable",
  });
  if (!isConfirmed(inputs.confirm, word)) {
    throw new ByokError("BYOK_CONFIRM_REQUIRED", `Closing ${inputs.label} is for ever.`, {
      hint: `To go on, set confirm: "${word}".`,
    });
  }
  for (const version of open) {
    context.mayProceed();
    await custodian.close({ owner: inputs.owner, version: version.version });
  }
}

/** While a copy exists, or can come back until its deletion date, it may need the material again. */
async function refuseLiveCopies(
  context: LifecycleContext,
  custodian: CustodianPort,
  inputs: ReturnType<typeof parse>,
  act: string,
): Promise<void> {
  const now = context.clock().getTime();
  const live = (await custodian.links(inputs.owner)).filter(
    ({ deletionDate }) => deletionDate === undefined || Date.parse(deletionDate) > now,
  );
  if (live.length === 0) return;
  const names = live.map(({ copyName, arn, deletionDate }) =>
    deletionDate === undefined
      ? `${copyName} (${arn})`
      : `${copyName} (${arn}, deleted on ${deletionDate.slice(0, 10)})`,
  );
  throw new ByokError(
    "BYOK_KEY_HAS_COPIES",
    `${inputs.label} cannot be ${act}: copies may need its material again: ${names.join(", ")}.`,
    {
      hint: "Delete the copies first; until its deletion date each can come back. To forget only the resource, use pulumi state delete.",
    },
  );
}

async function destroyVersions(
  context: LifecycleContext,
  custodian: CustodianPort,
  inputs: ReturnType<typeof parse>,
): Promise<void> {
  const versions = await custodian.list(inputs.owner);
  const [newest] = versions.slice(-1);
  if (newest === undefined) return;
  await refuseLiveCopies(context, custodian, inputs, "destroyed");
  const word = confirmationWord({
    operation: "destroy-source",
    cloudId: newest.id,
    lineage: inputs.owner,
    version: newest.version,
    state: newest.exportable ? "exportable" : "closed",
  });
  if (!isConfirmed(context.env("BYOK_CONFIRM"), word)) {
    throw new ByokError(
      "BYOK_CONFIRM_REQUIRED",
      `${inputs.label} would leave the token for ever (onDestroy: "destroy").`,
      {
        hint: `To go on: BYOK_CONFIRM=${word} in the environment of the same command. To keep the key and only forget the resource: pulumi state delete '${inputs.self ?? inputs.label}'.`,
      },
    );
  }
  for (const version of [...versions].reverse()) {
    context.mayProceed();
    await custodian.destroy({ owner: inputs.owner, version: version.version });
  }
}

async function observe(
  context: LifecycleContext,
  custodian: CustodianPort,
  inputs: ReturnType<typeof parse>,
  createdAt: Date | undefined,
  olds: PlainRecord = {},
): Promise<PlainRecord> {
  context.log.progress("reading the key's versions from the token");
  const versions = await custodian.list(inputs.owner);
  const known =
    createdAt === undefined ? olds : { versions: [{ version: inputs.version, createdAt: createdAt.toISOString() }] };
  return outputsOf(inputs, versions, known);
}

function outputsOf(
  inputs: ReturnType<typeof parse>,
  versions: readonly SourceVersion[],
  known: PlainRecord,
): PlainRecord {
  const dates = Array.isArray(known["versions"]) ? known["versions"] : [];
  const dateOf = (version: number): unknown =>
    dates.flatMap((entry: unknown) => (isVersionEntry(entry) && entry.version === version ? [entry.createdAt] : []))[0];
  const [newest] = versions.slice(-1);
  return {
    ...inputsIn(inputs),
    versions: versions.map((version) => ({
      version: version.version,
      tokenKeyId: version.id,
      fingerprint: version.fingerprint,
      checkValue: version.checkValue,
      state: version.exportable ? "exportable" : "closed",
      createdAt: dateOf(version.version),
    })),
    publicKey: newest?.publicKey,
  };
}

const isVersionEntry = (entry: unknown): entry is { version: number; createdAt?: unknown } =>
  typeof entry === "object" && entry !== null && "version" in entry;

const tokenOf = (record: PlainRecord): PlainRecord => {
  const { group } = record;
  return typeof group === "object" && group !== null && "token" in group ? { token: group.token } : {};
};

function inputsIn(record: PlainRecord): PlainRecord {
  const names = Object.keys(sourceKeyInputs.shape);
  return Object.fromEntries(names.filter((name) => record[name] !== undefined).map((name) => [name, record[name]]));
}
