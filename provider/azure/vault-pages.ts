import type { AzureSession } from "./azure-session";
import type { VaultCaller } from "./vault-caller";

/** What the SDK hands a listing out as, narrowed. */
interface Paged<T> {
  byPage(): AsyncIterableIterator<T[]>;
}

/**
 * The pages of a listing, one after the other, 25 entries at most; its failures are told as those of calls are, and a process that has to stop waits for no further
 * page.
 */
export async function* pagesOf<T>(
  caller: VaultCaller,
  doing: string,
  list: (session: AzureSession) => Paged<T>,
): AsyncGenerator<readonly T[], void, undefined> {
  const session = await caller.call({ doing: "signing in" }, (opened) => Promise.resolve(opened));
  const pages = list(session).byPage();
  for (;;) {
    const page = await caller.nextPage<readonly T[]>(doing, pages);
    if (page.done === true) return;
    yield page.value;
  }
}
