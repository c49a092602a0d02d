import { ByokError } from "../../../provider/model/errors";

/** The {@link ByokError} that an act raises; anything else fails the test. */
export async function thrownBy(act: () => unknown): Promise<ByokError> {
  try {
    await act();
  } catch (thrown) {
    if (thrown instanceof ByokError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was raised");
}
