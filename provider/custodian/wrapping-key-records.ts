import { createHash } from "node:crypto";
import { z } from "zod";
import { ByokError } from "../model/errors";
import type { TokenPort } from "../model/ports/token";
import { hex, isoDate, url } from "./protocol-shapes";

// Which wrapping keys of a vault this project made is remembered in private data objects (CKO_DATA) of the token, one for each; see
// docs/decisions/0040-the-token-knows-its-wrapping-keys.md.

const common = { schema: z.literal(1), group: hex(32), vaultUrl: url };
const storedKey = z.strictObject({
  ...common,
  id: url,
  publicKeySha256: hex(64),
  insteadOf: url.exactOptional(),
  rememberedAt: isoDate,
});
const storedDraft = z.strictObject({ ...common, draft: z.string().min(1), draftedAt: isoDate });

/** A wrapping key as the token remembers it. */
export type WrappingKeyRecord = Omit<z.infer<typeof storedKey>, "schema">;

/** The name of one that is about to be made, or that a run which died may have made, and since when. */
export type WrappingKeyDraft = Omit<z.infer<typeof storedDraft>, "schema">;

/** Everything that a token remembers of the wrapping keys of vaults. */
export interface WrappingKeyRecords {
  readonly keys: readonly WrappingKeyRecord[];
  readonly drafts: readonly WrappingKeyDraft[];
}

const prefix = "byok-kek ";
const keyLabel = ({ group, id }: Pick<WrappingKeyRecord, "group" | "id">): string =>
  `${prefix}${group} ${createHash("sha256").update(id).digest("hex").slice(0, 16)}`;
/** One for each name, since two processes may make one for the same group at the same time. */
const draftLabel = ({ group, draft }: Pick<WrappingKeyDraft, "group" | "draft">): string =>
  `${prefix}${group} draft ${draft}`;

/** @throws ByokError BYOK_TOKEN_FAILED when an object cannot be read: nothing is wrapped on a guess */
export async function readWrappingKeys(token: TokenPort): Promise<WrappingKeyRecords> {
  const keys: WrappingKeyRecord[] = [];
  const drafts: WrappingKeyDraft[] = [];
  for (const { label, value } of await token.listData(prefix)) {
    const raw = jsonOf(value);
    const key = storedKey.safeParse(raw).data;
    const draft = storedDraft.safeParse(raw).data;
    if (key !== undefined && keyLabel(key) === label) {
      const { schema: _, ...record } = key;
      keys.push(record);
    } else if (draft !== undefined && draftLabel(draft) === label) {
      const { schema: _, ...record } = draft;
      drafts.push(record);
    } else throw unreadable(label);
  }
  return { keys, drafts };
}

export const writeWrappingKey = (token: TokenPort, record: WrappingKeyRecord): Promise<void> =>
  token.putData(keyLabel(record), textOf(record));

export const forgetWrappingKey = (token: TokenPort, record: WrappingKeyRecord): Promise<void> =>
  token.deleteData(keyLabel(record));

export const writeDraft = (token: TokenPort, draft: WrappingKeyDraft): Promise<void> =>
  token.putData(draftLabel(draft), textOf(draft));

export const forgetDraft = (token: TokenPort, draft: Pick<WrappingKeyDraft, "group" | "draft">): Promise<void> =>
  token.deleteData(draftLabel(draft));

const textOf = (record: WrappingKeyRecord | WrappingKeyDraft): Buffer =>
  Buffer.from(JSON.stringify({ schema: 1, ...record }), "utf8");

const unreadable = (label: string): ByokError =>
  new ByokError("BYOK_TOKEN_FAILED", `The data object "${label}" in the token is no wrapping key that can be read.`, {
    hint: "It was changed by hand or written by a newer version of this package. Update the package, or remove the object: the next import then makes another wrapping key.",
  });

function jsonOf(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString("utf8"));
  } catch {
    return undefined;
  }
}
