import { ByokError } from "../../provider/model/errors";

/** The ByokError that an act throws. */
export function thrownBy(act: () => unknown): ByokError {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof ByokError) return thrown;
    throw thrown;
  }
  throw new Error("Nothing was thrown.");
}
