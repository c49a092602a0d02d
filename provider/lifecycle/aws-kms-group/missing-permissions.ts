import { iamActionRow, type IamAction } from "../../model/permissions/iam-actions";
import { actionsDoneAs } from "../../model/permissions/credential-roles";
import { actionsOfEveryGroup } from "../../model/permissions/operations";
import type { PermissionVerdict } from "../../model/ports/permissions";
import { connectionOf } from "../connection-of";
import type { LifecycleContext } from "../contract";
import type { AwsKmsGroupInputs } from "../inputs/aws-kms-group-inputs";
import type { GroupCaller } from "./connect-group";

/** What the callers of a group lack. */
export interface Misses {
  /** IAM actions, in alphabetical order. */
  readonly actions: readonly IamAction[];
  /** Those of them that no key policy can give. */
  readonly certain: readonly IamAction[];
  /** One sentence for each caller that lacks something. */
  readonly sentences: readonly string[];
}

/**
 * Looks, before anything is made, whether the callers may do what every group of copied keys comes to need. What cannot be known is not missing.
 */
export async function missingPermissions(
  context: LifecycleContext,
  inputs: AwsKmsGroupInputs,
  callers: readonly GroupCaller[],
): Promise<Misses> {
  const whole = connectionOf(inputs);
  const needed = [...actionsOfEveryGroup.keys()];
  const found = await Promise.all(
    callers.map(async ({ role, connection, identity }) => {
      const actions = actionsDoneAs(role, needed, whole);
      const question = { actions, aliasPrefix: inputs.template?.aliasPrefix };
      const { how, verdicts } = await context.kms(connection).permissions(question);
      const missing = actions.filter((action) => isMissing(verdicts.get(action)));
      const certain = missing.filter((action) => isCertain(action, verdicts.get(action), inputs));
      const limit = how === "simulation" ? " IAM's simulation says so; it does not see key policies." : "";
      const sentence = `${identity.arn} lacks, in Region ${inputs.region}: ${missing.map(namedWithUse).join(", ")}.${limit}`;
      return { missing, certain, sentences: missing.length === 0 ? [] : [sentence] };
    }),
  );
  return {
    actions: found.flatMap(({ missing }) => missing).sort(),
    certain: found.flatMap(({ certain }) => certain).sort(),
    sentences: found.flatMap(({ sentences }) => sentences),
  };
}

const isMissing = (verdict: PermissionVerdict | undefined): boolean =>
  verdict === "denied" || verdict === "not-allowed";

/**
 * A denial that says so counts always. Of keys, what IAM does not allow may still be allowed by a key policy, but not by AWS's default one; of aliases,
 * only that of the names that were asked for is known.
 */
function isCertain(action: IamAction, verdict: PermissionVerdict | undefined, inputs: AwsKmsGroupInputs): boolean {
  if (verdict === "denied") return true;
  const { resources } = iamActionRow(action);
  const ownPolicy = inputs.template?.policy !== undefined;
  const ownAliases = inputs.template?.aliasPrefix === undefined;
  return !(ownPolicy && resources.includes("key")) && !(ownAliases && resources.includes("alias"));
}

const namedWithUse = (action: IamAction): string => {
  const use = actionsOfEveryGroup.get(action)?.replaceAll("`", "");
  return use === undefined ? action : `${action} (${use})`;
};

/** How to get what is missing. */
export const permissionHint = ({
  account = "ACCOUNT",
  region,
}: Pick<AwsKmsGroupInputs, "account" | "region">): string =>
  `Policies that allow it: byok permissions --account ${account} --region ${region}.`;
