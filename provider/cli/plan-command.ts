import { openKms } from "../aws/open-kms";
import { connectionOf } from "../lifecycle/connection-of";
import { ByokError } from "../model/errors";
import { makePlan } from "./plan/make-plan";
import { confirmWords, printPlan } from "./plan/print-plan";
import { readPreview } from "./plan/read-preview";
import type { AskCloud } from "./plan/remove-key-item";
import { packageResources, readStack } from "./stack-export";
import { configValuesFor } from "./state-group";
import type { Terminal } from "./terminal";

/** Options of `byok plan`. */
export interface PlanOptions {
  readonly destroy?: boolean;
  readonly stack?: string;
  readonly preview?: string;
  readonly file?: string;
  readonly offline?: boolean;
  readonly json?: boolean;
}

/** Exit codes of `byok plan`: nothing is destroyed, the plan is not complete, something is. */
export const planExitCodes = { nothing: 0, incomplete: 1, destructive: 2 } as const;

/**
 * `byok plan`: what the next `pulumi up`, or `pulumi destroy`, does to keys and to what they encrypted. It changes nothing; of AWS it reads keys that are going to be
 * removed.
 *
 * @returns the exit code
 */
export async function planCommand(options: PlanOptions, terminal: Terminal): Promise<number> {
  const { destroy = false, stack, file, preview: previewFile } = options;
  if (destroy && previewFile !== undefined) {
    throw new ByokError("BYOK_INPUT_INVALID", "--preview and --destroy exclude each other.", {
      hint: "A destroy takes everything that the state has; no preview is needed.",
    });
  }
  const preview = destroy ? undefined : await readPreview({ file: previewFile, stack });
  const resources = packageResources(await readStack({ stack, file, command: "plan" }));
  const ask = options.offline === true ? undefined : askAws(stack, file);
  const items = await makePlan({ resources, preview, ask, now: new Date() });
  const command = destroy ? "pulumi destroy" : "pulumi up";
  if (options.json === true) {
    const plan = { command, complete: preview?.failed === undefined, items, confirm: confirmWords(items) };
    await terminal.out(`${JSON.stringify(plan, undefined, 2)}\n`);
  } else {
    await terminal.out(printPlan(items, command));
  }
  if (preview?.failed !== undefined) {
    terminal.err("byok: the preview has errors, so this plan is not complete; pulumi preview shows them.");
    return planExitCodes.incomplete;
  }
  return items.some(({ destructive }) => destructive) ? planExitCodes.destructive : planExitCodes.nothing;
}

/** The connection that the state of a key records, with the values that its references name. */
const askAws =
  (stack: string | undefined, file: string | undefined): AskCloud =>
  async ({ group }) => {
    const connection = { ...connectionOf(group), account: group.account };
    return openKms(connection, { configValues: await configValuesFor(connection, { stack, file }) });
  };
