import type { AzureSession } from "./azure-session";
import { mapAzureError } from "./map-azure-error";
import type { VaultCaller } from "./vault-caller";

/** What the SDK hands a listing out as, narrowed. */
interface Paged<T> {
  byPage(): AsyncIterableIterator<T[]>;
}

/** The pages of a listing, one after the other, 25 entries at most; its failures are told as those of calls are. */
export async function* pagesOf<T>(
  caller: VaultCaller,
  doing: string,
  list: (session: AzureSession) => Paged<T>,
): AsyncGenerator<readonly T[], void, undefined> {
  const session = await caller.call({ doing: "signing in" }, (opened) => Promise.resolve(opened));
  try {
    yield* list(session).byPage();
  } catch (error) {
    throw mapAzureError(error, { doing, host: session.host });
  }
}
