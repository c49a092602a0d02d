import { ByokError } from "../model/errors";
import { mayLeaveInClear } from "../model/owner";

/**
 * A key that may leave its token in clear gets no copy that hardware protects: that would be worth no more than the one in software, whichever came first.
 *
 * @throws ByokError BYOK_CLEAR_EXPORT_REFUSED
 */
export function requireMadeForHardware(owner: string): void {
  if (!mayLeaveInClear(owner)) return;
  throw new ByokError(
    "BYOK_CLEAR_EXPORT_REFUSED",
    "The source key was made to leave its token in clear, and this copy would be protected by hardware.",
    { hint: "Copy a SourceKey that was made without plaintextExport." },
  );
}
