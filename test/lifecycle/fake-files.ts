import { ByokError } from "../../provider/model/errors";
import type { EscrowFiles } from "../../provider/model/ports/escrow-files";

/** Files in memory; `failAt` makes the n-th write fail before or after it took effect. */
export class FakeFiles implements EscrowFiles {
  readonly content = new Map<string, Buffer>();
  writes = 0;
  failAt: { readonly write: number; readonly after: boolean } | undefined;

  read(path: string, atMost = Infinity): Promise<Buffer | undefined> {
    return Promise.resolve(this.content.get(path)?.subarray(0, atMost + 1));
  }
  replace(path: string, content: Buffer): Promise<void> {
    return this.write(() => void this.content.set(path, content));
  }
  remove(path: string): Promise<void> {
    return this.write(() => void this.content.delete(path));
  }

  private write(act: () => void): Promise<void> {
    this.writes += 1;
    const planned = this.failAt?.write === this.writes ? this.failAt : undefined;
    const failure = new ByokError("BYOK_INPUT_INVALID", "planned failure of a file", { property: "file" });
    if (planned?.after === false) return Promise.reject(failure);
    act();
    return planned?.after === true ? Promise.reject(failure) : Promise.resolve();
  }
}
