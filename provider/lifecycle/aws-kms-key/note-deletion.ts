import { ByokError } from "../../model/errors";
import type { LifecycleContext } from "../contract";
import type { KeyInputs } from "./key-inputs";

/** The token remembers until when the copy can come back; a token that is not at hand only costs that memory. */
export async function noteDeletion(
  context: LifecycleContext,
  inputs: KeyInputs,
  copy: { readonly version: number; readonly arn: string },
  date: Date | undefined,
): Promise<void> {
  const { source } = inputs.material;
  if (source.group.abilities?.storesLinks !== true) return;
  try {
    const version = { owner: source.owner, version: copy.version };
    await context.custodian(source.group.token).noteDeletion(version, copy.arn, date?.toISOString());
  } catch (error) {
    const { sentence } = ByokError.from(error, "Noting the deletion in the token");
    context.log.warn(
      `the token could not note that this copy goes: ${sentence} Its source key then cannot be destroyed by this package.`,
    );
  }
}
