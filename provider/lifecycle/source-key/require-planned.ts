import { ByokError } from "../../model/errors";
import type { VersionRef } from "../../model/ports/custodian";
import type { SourceInputs } from "./source-inputs";

/**
 * Compares what the token holds right now with what `check` planned from a survey that may be a moment old, and before which other
 * processes may have come. A source key never goes back to an older version, and what is adopted is never made.
 *
 * @throws ByokError BYOK_KEY_DRIFTED, BYOK_KEY_NOT_FOUND
 */
export function requirePlanned(versions: readonly VersionRef[], inputs: SourceInputs): void {
  const [newest] = versions.slice(-1);
  if (newest !== undefined && newest.version > inputs.version) {
    throw new ByokError(
      "BYOK_KEY_DRIFTED",
      `The token holds version ${newest.version} of "${inputs.label}" by now, and this run was planned with version ${inputs.version}.`,
      { hint: "Run pulumi refresh, then pulumi up again.", retryable: true },
    );
  }
  if (newest === undefined && inputs.adopt !== undefined) {
    throw new ByokError("BYOK_KEY_NOT_FOUND", `The token holds no key of the owner ${inputs.adopt.owner} any more.`, {
      property: "adopt.owner",
      hint: "It was destroyed. Remove adopt to make a new key.",
    });
  }
}
