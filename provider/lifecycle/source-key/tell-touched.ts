import type { LifecycleContext } from "../contract";
import { livingCopies } from "../../model/copy-life";
import type { SourceInputs } from "./source-inputs";

/** Names every copy that the token remembers of a key that others may have; a token that cannot be asked is no reason to fail. */
export async function tellTouched(context: LifecycleContext, inputs: SourceInputs, since: string): Promise<void> {
  const stop = `is compromised since ${since}: nothing of it is imported anywhere any more, it is not rotated, and the copies of this program are disabled.`;
  context.log.warn(`${stop} ${await touched(context, inputs)}`);
}

async function touched(context: LifecycleContext, inputs: SourceInputs): Promise<string> {
  if (inputs.group.abilities?.storesLinks === false)
    return "This token remembers no copies: look for them with byok tree in each stack.";
  try {
    const living = livingCopies(await context.custodian(inputs.group.token).links(inputs.owner), context.clock());
    if (living.length === 0) return "The token remembers no copy of it.";
    const names = living.map(({ copyName, arn, version }) => `${copyName} (version ${version}, ${arn})`);
    return `The token remembers ${living.length} ${living.length === 1 ? "copy" : "copies"}: ${names.join(", ")}.`;
  } catch {
    return "The token could not be asked for its copies; byok tree shows those of this stack.";
  }
}
