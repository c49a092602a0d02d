import { ByokError } from "../../model/errors";
import type { LifecycleContext } from "../contract";
import type { VersionOrigin } from "../../model/key-versions";
import type { VersionRef } from "../../model/ports/custodian";
import type { TokenConnection } from "../../model/token";
import type { KeyInputs } from "./key-inputs";
import { copiedMaterial } from "./key-material";

/** The token that holds the material of a version, and as what; undefined where none does, or none that remembers copies. */
export function tokenOf(
  inputs: KeyInputs,
  { version, from }: { readonly version: number; readonly from?: VersionOrigin | undefined },
): (VersionRef & { readonly token: TokenConnection }) | undefined {
  if (from?.token !== undefined) {
    const { token, owner, sourceVersion } = from;
    return owner === undefined || sourceVersion === undefined ? undefined : { token, owner, version: sourceVersion };
  }
  if (from?.origin === "AWS_KMS") return undefined;
  const copied = copiedMaterial({ ...inputs, version });
  if (copied?.group.abilities?.storesLinks !== true) return undefined;
  if (!copied.inToken) return undefined;
  return { token: copied.group.token, owner: copied.owner, version: from?.sourceVersion ?? copied.version };
}

/** The token remembers until when the copy can come back, or that it is gone; a token that is not at hand only costs that memory. */
export async function noteDeletion(
  context: LifecycleContext,
  inputs: KeyInputs,
  copy: { readonly version: number; readonly arn: string; readonly from?: VersionOrigin | undefined },
  date: Date | "gone",
): Promise<void> {
  const held = tokenOf(inputs, copy);
  if (held === undefined) return;
  const { token, ...version } = held;
  try {
    await context.custodian(token).noteDeletion(version, copy.arn, date === "gone" ? undefined : date.toISOString());
  } catch (error) {
    const { sentence } = ByokError.from(error, "Noting the deletion in the token");
    context.log.warn(
      `the token could not note that this copy goes: ${sentence} Its source key then cannot be destroyed by this package.`,
    );
  }
}
