import { ByokError } from "../model/errors";
import { ownershipTags, wrappingKeyPrefix, wrappingKeyTag } from "../model/owner";
import type { GroupWrappingKey, PinnedWrappingKey } from "../model/ports/azure-import";
import { knownWrappingKey, unknownWrappingKey, type RememberedWrappingKey } from "../model/wrapping-key-trust";
import { storesLinks } from "./copy-links";
import type { OperationContext } from "./operation-context";
import { requirePinned, type UsableWrappingKey } from "./pinned-wrapping-key";
import type { VerifiedVault } from "./verified-vault";
import {
  forgetDraft,
  forgetWrappingKey,
  readWrappingKeys,
  writeDraft,
  writeWrappingKey,
  type WrappingKeyDraft,
  type WrappingKeyRecord,
  type WrappingKeyRecords,
} from "./wrapping-key-records";

/**
 * The wrapping key of a group that material of this token may go under: one that the token remembers. One that the state names and the token does not
 * know is never used; unless the token remembers another one that is still there, one is made for this token and group, once, and remembered.
 * A token that stores no data objects takes what the state says, unless it is recorded as one that does.
 *
 * @throws ByokError BYOK_WRAPPING_KEY_UNKNOWN, BYOK_WRAP_REFUSED
 */
export async function trustedWrappingKey(
  context: OperationContext,
  opened: VerifiedVault,
  asked: GroupWrappingKey,
): Promise<UsableWrappingKey> {
  if (!(await storesLinks(context.token))) {
    if (asked.remembers) throw forgetful(asked);
    return requirePinned(context, opened, { ...pinOf(asked), rememberedBy: "state" });
  }
  const { pin, remedy } = await context.perOwner(asked.group, () => remembered(context, opened, asked));
  return requirePinned(context, opened, { ...pin, rememberedBy: "token" }, remedy);
}

interface Trusted {
  readonly pin: PinnedWrappingKey;
  /** What helps where the key itself was changed, unless it is the group's. */
  readonly remedy?: string;
}

/** The group itself does not look at a wrapping key that was made for a token. */
const replaceGroup = "pulumi up --replace with the URN of the group makes another one.";

async function remembered(context: OperationContext, opened: VerifiedVault, asked: GroupWrappingKey): Promise<Trusted> {
  const records = await readWrappingKeys(context.token);
  await removeOldDrafts(context, opened, asked, records);
  // Whichever group it was made for: a stack that is renamed keeps its wrapping keys.
  const known = knownWrappingKey(asked, records.keys);
  if (known.kind === "known") return trustedOf(known.key);
  if (known.kind === "made") {
    // It has to be in this vault before the token says so.
    await requirePinned(context, opened, { ...pinOf(asked), rememberedBy: "token" });
    return { pin: await remember(context, opened, pinOf(asked), { asked, all: records.keys }) };
  }
  const own = records.keys.filter(({ group }) => group === asked.group);
  const living = await stillThere(context, opened, own);
  const unknown = unknownWrappingKey(asked, living);
  if (unknown.kind === "instead") return trustedOf(unknown.key);
  if (unknown.kind === "contradicted") throw contradicted(asked, unknown.key);
  const made = await make(context, opened, asked);
  const pin = await remember(context, opened, made, { asked, all: records.keys, insteadOf: asked.id });
  return { pin, remedy: replaceGroup };
}

/** The name is remembered before the key is made, so that a run that dies in between leaves nothing that a later one cannot remove. */
async function make(
  context: OperationContext,
  { vault, target }: VerifiedVault,
  { group, bits }: GroupWrappingKey,
): Promise<PinnedWrappingKey> {
  const name = `${wrappingKeyPrefix}${context.random(8).toString("hex")}`;
  const { vaultUrl } = target.connection;
  const draftedAt = context.clock().toISOString();
  await context.change(() => writeDraft(context.token, { group, vaultUrl, draft: name, draftedAt }));
  return context.change(() =>
    vault.makeWrappingKey({
      ...{ name, bits },
      // By these tags the group removes it with its own.
      tags: { [wrappingKeyTag]: group, [ownershipTags.lineage]: group },
    }),
  );
}

async function remember(
  context: OperationContext,
  opened: VerifiedVault,
  { id, publicKeySha256 }: PinnedWrappingKey,
  more: { readonly asked: GroupWrappingKey; readonly all: readonly WrappingKeyRecord[]; readonly insteadOf?: string },
): Promise<PinnedWrappingKey> {
  const { asked, all, insteadOf } = more;
  const { vaultUrl } = opened.target.connection;
  const record: WrappingKeyRecord = {
    ...{ group: asked.group, vaultUrl, id, publicKeySha256 },
    ...(insteadOf === undefined ? {} : { insteadOf }),
    rememberedAt: context.clock().toISOString(),
  };
  await context.change(async () => {
    await writeWrappingKey(context.token, record);
    if (insteadOf !== undefined) await forgetDraft(context.token, { group: asked.group, draft: nameIn(id) });
  });
  await forgetGone(context, opened, all);
  return { id, publicKeySha256 };
}

/** A wrapping key is made and remembered in seconds; until then another process may be at it. */
const draftMs = 10 * 60_000;

/** Removes what runs left that died before the token remembered what they made. */
async function removeOldDrafts(
  context: OperationContext,
  { vault }: VerifiedVault,
  { group }: GroupWrappingKey,
  { drafts, keys }: WrappingKeyRecords,
): Promise<void> {
  const before = context.clock().getTime() - draftMs;
  const isOld = ({ draftedAt }: WrappingKeyDraft): boolean => Date.parse(draftedAt) < before;
  for (const draft of drafts.filter((each) => each.group === group && isOld(each))) {
    const isRemembered = keys.some(({ id }) => nameIn(id) === draft.draft);
    try {
      await context.change(async () => {
        if (!isRemembered && (await vault.getKey(draft.draft)) !== undefined) await vault.deleteKey(draft.draft);
        await forgetDraft(context.token, draft);
      });
    } catch {
      // It is tidying, and a later import does it as well.
    }
  }
}

/** Whoever removes a wrapping key may have no token at hand: what is certainly gone is forgotten when the next one is remembered. */
async function forgetGone(
  context: OperationContext,
  opened: VerifiedVault,
  all: readonly WrappingKeyRecord[],
): Promise<void> {
  for (const record of all.filter(({ vaultUrl }) => vaultUrl === opened.target.connection.vaultUrl))
    try {
      if ((await keyOf(opened, record)) === undefined)
        await context.change(() => forgetWrappingKey(context.token, record));
    } catch {
      // It is tidying, and a later import does it as well.
    }
}

async function stillThere(
  { clock }: Pick<OperationContext, "clock">,
  opened: VerifiedVault,
  records: readonly WrappingKeyRecord[],
): Promise<readonly WrappingKeyRecord[]> {
  const living: WrappingKeyRecord[] = [];
  for (const record of records) {
    const key = await keyOf(opened, record);
    if (key !== undefined && (key.expiresOn === undefined || key.expiresOn > clock())) living.push(record);
  }
  return living;
}

function keyOf({ vault }: VerifiedVault, { id }: PinnedWrappingKey): ReturnType<VerifiedVault["vault"]["getKey"]> {
  const [, version] = new URL(id).pathname.split("/").slice(2);
  return vault.getKey(nameIn(id), version);
}

const nameIn = (id: string): string => new URL(id).pathname.split("/")[2] ?? "";

const pinOf = ({ id, publicKeySha256 }: PinnedWrappingKey): PinnedWrappingKey => ({ id, publicKeySha256 });

const trustedOf = (key: RememberedWrappingKey): Trusted => ({
  pin: pinOf(key),
  ...(key.insteadOf === undefined ? {} : { remedy: replaceGroup }),
});

const forgetful = ({ id }: PinnedWrappingKey): ByokError =>
  new ByokError(
    "BYOK_WRAPPING_KEY_UNKNOWN",
    `The key is not wrapped: its source group is recorded with a token that remembers wrapping keys, and this one stores no data objects; so nobody but the state says that ${id} was made here. Nothing was changed.`,
    {
      hint: "If it is another token, or its module or policy was changed on purpose, run pulumi up on its source group first. Else find out what changed.",
    },
  );

const contradicted = (asked: PinnedWrappingKey, { id }: PinnedWrappingKey): ByokError =>
  new ByokError(
    "BYOK_WRAPPING_KEY_UNKNOWN",
    `The key is not wrapped: the state names ${asked.id} (SHA-256 of its public key ${asked.publicKeySha256}) as the wrapping key of the group, and the token remembers ${id}, which is still there. Nothing was changed.`,
    {
      hint: "The state was altered, or an older one was restored: find out by whom. Then pulumi up --replace with the URN of the group makes another wrapping key.",
    },
  );
