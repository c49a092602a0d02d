import { canUnwrap } from "../../model/file-wrap";
import { isLabOwner, mayLeaveInClear, sourceOwner } from "../../model/owner";
import type { SurveyedVersion } from "../../model/ports/custodian";
import { accepted, failureOf, refused } from "../answers";
import type { CheckFailure, CheckResult, LifecycleContext, PlainRecord } from "../contract";
import { sourceKeyInputs, type SourceKeyInputs } from "../inputs/source-key-inputs";
import { sameJson } from "../same-json";
import { validate } from "../validate";
import { planRotation } from "./plan-rotation";

/** Validates and derives: who owns the key, and which version is the newest. */
export async function checkSource(
  context: LifecycleContext,
  olds: PlainRecord,
  news: PlainRecord,
): Promise<CheckResult> {
  const validated = validate(sourceKeyInputs, news);
  if (validated.kind === "wrong") return refused(news, validated.failures);
  if (validated.kind === "unknown") return accepted(news);
  const inputs = validated.value;
  const failures = [
    ...ruleFailures(inputs),
    ...changeFailures(olds, inputs),
    ...compromiseFailures(context, olds, inputs),
  ];
  if (failures.length > 0) return refused(news, failures);
  const { resumed: _found, ...wanted } = inputs;
  const derived = { ...wanted, label: inputs.label ?? context.name, owner: ownerOf(olds, inputs) };
  if (isLabOwner(derived.owner) !== inputs.group.lab) return refused(news, [labFailure(derived.owner, inputs)]);
  if (mayLeaveInClear(derived.owner) !== (inputs.plaintextExport === true))
    return refused(news, [clearExportFailure(derived.owner, inputs)]);
  if (inputs.plaintextExport === true && olds["owner"] === undefined)
    context.log.warn(
      "is made to leave its token in clear (plaintextExport: true): a software-protected copy in Azure is only as safe as this machine and that vault. It gets no copy in hardware.",
    );
  const before = sourceKeyInputs.shape.version.safeParse(olds["version"]);
  // What others may have gets no further version; the schedule stands still until that is taken back.
  if (before.success && before.data !== undefined && inputs.compromised !== undefined)
    return accepted({ ...derived, version: before.data, startAt: olds["startAt"], period: olds["period"] });
  if (before.success && before.data !== undefined)
    return accepted({ ...derived, ...planRotation(context, olds, inputs, before.data) });
  if (inputs.group.abilities === undefined) return accepted(derived);
  return continueFromToken(context, derived);
}

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
  if (inputs.operations !== undefined && !canUnwrap(spec)) {
    return [
      {
        property: "operations",
        reason: `"unwrap" is for AES_256 and RSA keys; ${spec} keys unwrap nothing.`,
      },
    ];
  }
  if (inputs.plaintextExport === true && (inputs.operations !== undefined || !inputs.exportable)) {
    return [
      {
        property: "plaintextExport",
        reason: `is for keys that are copied, and this one ${inputs.exportable ? "unwraps others" : "is closed"}. Remove it.`,
      },
    ];
  }
  if (inputs.rotation !== undefined && !inputs.exportable) {
    return [
      {
        property: "rotation",
        reason:
          "a closed key (exportable: false) is not rotated: no copy could take its next version. Remove rotation.",
      },
    ];
  }
  if (inputs.rotation?.deactivateOld === true && group.abilities?.storesLinks === false) {
    return [
      {
        property: "rotation.deactivateOld",
        reason:
          "needs a token that stores data objects, where copies and deactivations are remembered; this one does not. Remove it.",
      },
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

function compromiseFailures(
  context: LifecycleContext,
  olds: PlainRecord,
  { compromised, rotationTrigger }: SourceKeyInputs,
): readonly CheckFailure[] {
  if (compromised === undefined) return [];
  if (Date.parse(compromised.since) > context.clock().getTime())
    return [
      {
        property: "compromised.since",
        reason: `${compromised.since} is in the future. Name the moment from which on others may have had the key.`,
      },
    ];
  if (rotationTrigger === undefined || rotationTrigger === olds["rotationTrigger"]) return [];
  return [
    {
      property: "rotationTrigger",
      reason:
        "has another value, and a compromised key is not rotated. Make a new SourceKey, and let its copies take that (material).",
    },
  ];
}

/** A key that was in a local cloud was in clear there; a real one must never get there. */
const labFailure = (owner: string, inputs: SourceKeyInputs): CheckFailure => ({
  property: inputs.adopt === undefined ? "group" : "adopt.owner",
  reason: isLabOwner(owner)
    ? `the key was made in a group with lab: true and can never leave the lab; ${inputs.group.name} is no lab. Make a new SourceKey.`
    : `the key was made in a group without lab and can never go to a lab; ${inputs.group.name} has lab: true. Make a new SourceKey.`,
});

/** What a key was made for stands in the token, for all of its versions. */
const clearExportFailure = (owner: string, inputs: SourceKeyInputs): CheckFailure => ({
  property: "plaintextExport",
  reason: mayLeaveInClear(owner)
    ? `the key was made with plaintextExport: true, which cannot change. ${inputs.adopt === undefined ? "Make a new SourceKey." : "Write plaintextExport: true."}`
    : "the key was made without plaintextExport, which cannot change: it leaves its token wrapped for hardware, or not at all. Make a new SourceKey.",
});

function changeFailures(olds: PlainRecord, inputs: SourceKeyInputs): readonly CheckFailure[] {
  const failures: CheckFailure[] = [];
  if (typeof olds["spec"] === "string" && olds["spec"] !== inputs.spec) {
    failures.push({
      property: "spec",
      reason: `cannot change (it is ${olds["spec"]}): another type is another key. Make a new SourceKey.`,
    });
  }
  if (typeof olds["owner"] === "string" && !sameJson(olds["operations"], inputs.operations)) {
    failures.push({
      property: "operations",
      reason:
        "cannot change: a key is made to be copied or to unwrap, and each version of it likewise. Make a new SourceKey.",
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
  return sourceOwner(
    { organization: inputs.organization ?? "organization", urn: inputs.self ?? "" },
    { lab: inputs.group.lab, plaintextExport: inputs.plaintextExport },
  );
}

async function continueFromToken(
  context: LifecycleContext,
  inputs: SourceKeyInputs & { label: string; owner: string },
): Promise<CheckResult> {
  let versions: readonly SurveyedVersion[];
  try {
    versions = await context.custodian(inputs.group.token).survey();
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
      return accepted({ ...inputs, ...planRotation(context, {}, inputs, newest.version) });
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
  return accepted({ ...inputs, ...planRotation(context, {}, inputs, undefined) });
}
