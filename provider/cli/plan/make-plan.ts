import type { StackResource } from "../stack-export";
import type { PlanItem } from "./plan-item";
import type { Preview } from "./read-preview";
import { removeKeyItem, type AskCloud } from "./remove-key-item";
import { closeSource, removeOtherItem, type Meaning } from "./remove-other-item";
import { destroysInUpdate } from "./destroys-in-update";
import { keyOutputs } from "./state-facts";

/** What a plan is made from. */
export interface PlanParts {
  readonly resources: readonly StackResource[];
  /** Undefined: everything is destroyed. */
  readonly preview: Preview | undefined;
  readonly ask: AskCloud;
  readonly now: Date;
}

/** Keys that are asked for at a time. */
const AT_ONCE = 8;

/** What is going to happen to each resource of this package for which that means something. */
export async function makePlan(parts: PlanParts): Promise<readonly PlanItem[]> {
  const planned = parts.resources.flatMap((resource) => {
    const act = actOn(resource, parts.preview);
    return act === undefined ? [] : [{ resource, act }];
  });
  const going = new Set(planned.flatMap(({ resource, act }) => (act === "delete" ? [resource.urn] : [])));
  const items: PlanItem[] = [];
  for (let from = 0; from < planned.length; from += AT_ONCE) {
    const some = planned.slice(from, from + AT_ONCE);
    items.push(...(await Promise.all(some.map(({ resource, act }) => itemFor(resource, act, parts, going)))));
  }
  const known = new Set(parts.resources.map(({ urn }) => urn));
  return [...items.filter(isWorthSaying), ...newOnes(parts.preview, known)];
}

function actOn(resource: StackResource, preview: Preview | undefined): PlanItem["act"] | undefined {
  if (preview === undefined || resource.leaving) return "delete";
  const ops = preview.steps.get(resource.urn)?.ops ?? [];
  if (ops.some((op) => ["replace", "create-replacement", "delete-replaced"].includes(op))) return "replace";
  if (ops.includes("delete")) return "delete";
  return ops.includes("update") || (preview.said.get(resource.urn) ?? []).length > 0 ? "update" : undefined;
}

async function itemFor(
  resource: StackResource,
  act: PlanItem["act"],
  parts: PlanParts,
  going: ReadonlySet<string>,
): Promise<PlanItem> {
  const { urn, kind, name } = resource;
  const said = parts.preview?.said.get(urn) ?? [];
  const { consequences, ...meaning } = await meaningOf(resource, act, parts, going);
  return { urn, kind, name, act, ...meaning, consequences: [...said, ...consequences] };
}

async function meaningOf(
  resource: StackResource,
  act: PlanItem["act"],
  parts: PlanParts,
  going: ReadonlySet<string>,
): Promise<Meaning> {
  const none = { destructive: false, consequences: [], dependents: [] };
  if (act === "update") {
    const inputs = parts.preview?.steps.get(resource.urn)?.inputs ?? {};
    return (
      closeSource(resource, inputs, parts.resources) ?? {
        ...none,
        destructive: destroysInUpdate(resource, inputs, parts.now),
      }
    );
  }
  if (resource.retainOnDelete) {
    return { ...none, consequences: ["retainOnDelete is set: only the record goes, and everything stays as it is."] };
  }
  if (resource.deletedWith !== undefined && going.has(resource.deletedWith)) {
    return { ...none, consequences: ["It goes with its key, without an act of its own."] };
  }
  const key = resource.kind === "AwsKmsKey" ? keyOutputs.safeParse(resource.outputs) : undefined;
  const meaning =
    key?.success === true
      ? await removeKeyItem(resource, key.data, parts.resources, parts)
      : removeOtherItem(resource, parts.resources, parts.now);
  if (!resource.protect) return meaning;
  return {
    ...meaning,
    consequences: ["It is protected: Pulumi refuses until protect is taken away.", ...meaning.consequences],
  };
}

const isWorthSaying = ({ act, consequences }: PlanItem): boolean => act !== "update" || consequences.length > 0;

/** Resources that are yet to be made, and said something all the same: a schedule names its word, an adoption what it changes. */
function newOnes(preview: Preview | undefined, known: ReadonlySet<string>): readonly PlanItem[] {
  return [...(preview?.said ?? [])].flatMap(([urn, consequences]): readonly PlanItem[] => {
    const [, , types = "", ...name] = urn.split("::");
    const kind = /pulumi-nodejs:dynamic\/byok:(\w+)$/.exec(types)?.[1];
    if (kind === undefined || known.has(urn)) return [];
    const destructive = kind === "DeletionSchedule";
    return [{ urn, kind, name: name.join("::"), act: "create", destructive, consequences, dependents: [] }];
  });
}
