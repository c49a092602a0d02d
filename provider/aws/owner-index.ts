import type { OwnedKey } from "../model/ports/kms";
import { ByokError } from "../model/errors";
import type { Sleep } from "../network/cloud-deps";
import { eachOf } from "./each-of";
import { keyIdOf } from "./recent-writes";

/** The tag that says which resource of which stack made a key. */
export const OWNER_TAG = "byok:owner";

type Tags = Readonly<Record<string, string>>;

/** How the index reads an account and Region. */
export interface IndexReader {
  /** Every key (ListKeys). */
  readonly keys: () => Promise<readonly { readonly keyId: string; readonly arn: string }[]>;
  /** Tags of a key (ListResourceTags): undefined where there is no such key, "unreadable" where they may not be read. */
  readonly tags: (keyId: string) => Promise<Tags | undefined | "unreadable">;
  /** Keys with an owner tag, as the Tagging API knows them; undefined where it is not permitted or not there. */
  readonly tagged: () => Promise<readonly OwnedKey[] | undefined>;
  readonly sleep: Sleep;
  readonly notice: (text: string) => void;
}

interface Entry {
  readonly arn: string;
  readonly tags: Tags | "unreadable";
}

/** Other processes make keys too, so what is older is completed by what has come since. */
const COMPLETE_FOR_MS = 60_000;

/** Tags of so many keys are read at the same time; the pacer spaces them. */
const PARALLEL_READS = 16;

/** Waits before looking again for a key whose creation may have succeeded although its answer was lost. */
const LATE_MS = [1_000, 2_000, 4_000];

/**
 * Which key belongs to which owner in one account and Region: read once, shared by all keys that a run makes, and kept up to
 * date with what the process itself does. A key that must not be made twice is never looked for in the Tagging API alone, because
 * that learns of new tags late: every key is listed, and its tags are read where they are not known yet. The Tagging API adds
 * what the caller may not read key by key, and stands in where listing is not permitted.
 */
export class OwnerIndex {
  private readonly entries = new Map<string, Entry>();
  private readonly made = new Set<string>();
  private completedAt = Number.NEGATIVE_INFINITY;
  private completing: Promise<void> | undefined;
  private listingDenied: ByokError | undefined;
  private answerLost = false;
  private noticed = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Keys whose owner tag has this value right now. */
  async find(owner: string, reader: IndexReader): Promise<readonly OwnedKey[]> {
    await this.complete(reader);
    const found = await this.confirmed(owner, reader);
    if (found.length > 0) return found;
    if (this.answerLost) return this.findLate(owner, reader);
    if (this.listingDenied !== undefined) throw this.listingDenied;
    return [];
  }

  /** Remembers the tags of a key that this process made or changed. */
  note(keyId: string, arn: string | undefined, change: (tags: Tags) => Tags): void {
    const id = keyIdOf(keyId);
    const known = this.entries.get(id);
    if (arn !== undefined) this.made.add(id);
    const entryArn = arn ?? known?.arn;
    if (entryArn === undefined || known?.tags === "unreadable") return;
    this.entries.set(id, { arn: entryArn, tags: change(known?.tags ?? {}) });
  }

  /** A key may have been created without an answer: whoever looks next must look closely. */
  expectLateKey(): void {
    this.answerLost = true;
    this.completedAt = Number.NEGATIVE_INFINITY;
  }

  private async findLate(owner: string, reader: IndexReader): Promise<readonly OwnedKey[]> {
    for (const wait of LATE_MS) {
      await reader.sleep(wait);
      this.completedAt = Number.NEGATIVE_INFINITY;
      await this.complete(reader);
      const found = await this.confirmed(owner, reader);
      if (found.length > 0) return found;
    }
    if (this.listingDenied !== undefined) throw this.listingDenied;
    return [];
  }

  /** Tags may have changed since they were read, so those of the candidates are read again. */
  private async confirmed(owner: string, reader: IndexReader): Promise<readonly OwnedKey[]> {
    const candidates = [...this.entries].filter(([, { tags }]) => tags !== "unreadable" && tags[OWNER_TAG] === owner);
    const keys: OwnedKey[] = [];
    await eachOf(candidates, PARALLEL_READS, async ([keyId, entry]) => {
      const now = await reader.tags(keyId);
      if (now === undefined && !this.made.has(keyId)) return void this.entries.delete(keyId);
      const tags = now === undefined || now === "unreadable" ? entry.tags : now;
      if (tags === "unreadable") return;
      this.entries.set(keyId, { arn: entry.arn, tags });
      if (tags[OWNER_TAG] === owner) keys.push({ keyId, arn: entry.arn, tags });
    });
    return keys.sort((one, other) => (one.arn < other.arn ? -1 : 1));
  }

  private complete(reader: IndexReader): Promise<void> {
    if (this.now() - this.completedAt < COMPLETE_FOR_MS) return Promise.resolve();
    this.completing ??= this.readAll(reader).finally(() => (this.completing = undefined));
    return this.completing;
  }

  private async readAll(reader: IndexReader): Promise<void> {
    const began = this.now();
    const [listed, tagged] = await Promise.all([this.list(reader), reader.tagged()]);
    if (listed instanceof ByokError && tagged === undefined) throw listed;
    this.listingDenied = listed instanceof ByokError ? listed : undefined;
    if (!(listed instanceof ByokError)) {
      const present = new Set(listed.map(({ keyId }) => keyId));
      for (const keyId of this.entries.keys()) {
        if (!present.has(keyId) && !this.made.has(keyId)) this.entries.delete(keyId);
      }
      const unknown = listed.filter(({ keyId }) => !this.entries.has(keyId));
      await eachOf(unknown, PARALLEL_READS, async ({ keyId, arn }) => {
        const tags = await reader.tags(keyId);
        if (tags !== undefined) this.entries.set(keyId, { arn, tags });
      });
    }
    for (const { keyId, arn, tags } of tagged ?? []) {
      const known = this.entries.get(keyId);
      if (known === undefined || known.tags === "unreadable") this.entries.set(keyId, { arn, tags });
    }
    this.completedAt = began;
    this.tellUnreadable(reader);
  }

  private async list(reader: IndexReader): Promise<Awaited<ReturnType<IndexReader["keys"]>> | ByokError> {
    try {
      return await reader.keys();
    } catch (error) {
      if (error instanceof ByokError && error.code === "BYOK_AWS_ACCESS_DENIED") return error;
      throw error;
    }
  }

  private tellUnreadable(reader: IndexReader): void {
    const unreadable = [...this.entries.values()].filter(({ tags }) => tags === "unreadable").length;
    if (unreadable > this.noticed) {
      reader.notice(
        `The tags of ${String(unreadable)} keys in this account and Region may not be read (kms:ListResourceTags). ` +
          "If one of them was made by this stack, it will not be recognised.",
      );
    }
    this.noticed = unreadable;
  }
}
