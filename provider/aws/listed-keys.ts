import { z } from "zod";
import { ByokError } from "../model/errors";
import type { DeniedRead, ListedKey, ListingOptions, MultiRegionRole } from "../model/ports/kms-inventory";
import type { KmsKeyFacts } from "../model/ports/kms";
import type { AwsCaller } from "./aws-caller";
import { inOrder } from "../network/in-order";
import { keyFacts } from "./key-facts";
import { aliasesOf, keyPages, tagsOf, type KeyEntry } from "./kms-lists";
import { readRotation } from "./read-rotation";
import { isNotFound } from "./read-key";
import { keyIdOf } from "./recent-writes";

/**
 * So many keys are read at the same time: more calls than can be under way at 2,000 a second, so that only the pacer and the connections
 * bound the speed, and few enough that the memory stays flat however many keys there are.
 */
const KEYS_AT_ONCE = 256;

const multiRegionMetadata = z.object({
  MultiRegionConfiguration: z
    .object({
      MultiRegionKeyType: z.enum(["PRIMARY", "REPLICA"]),
      PrimaryKey: z.object({ Arn: z.string() }),
      ReplicaKeys: z.array(z.object({ Arn: z.string() })).default([]),
    })
    .optional(),
});

/**
 * Every key of the account and Region. The aliases are listed once for all keys, while the first keys are described; tags are asked
 * only of keys that can have some, once DescribeKey has told so.
 */
export async function* listedKeys(
  caller: AwsCaller,
  options: ListingOptions,
): AsyncGenerator<ListedKey, void, undefined> {
  await caller.checkedIdentity();
  const aliases = aliasesByKey(caller);
  // Its failure is reported where the first key waits for it.
  aliases.catch(() => undefined);
  const found = inOrder(keyPages(caller), KEYS_AT_ONCE, (entry) => readKey(caller, entry, aliases, options));
  for await (const key of found) if (key !== undefined) yield key;
  // Also where there is no key.
  await aliases;
}

async function aliasesByKey(caller: AwsCaller): Promise<ReadonlyMap<string, readonly string[]>> {
  const byKey = new Map<string, string[]>();
  for (const { name, target } of await aliasesOf(caller)) {
    if (target === undefined) continue;
    const known = byKey.get(keyIdOf(target));
    if (known === undefined) byKey.set(keyIdOf(target), [name]);
    else known.push(name);
  }
  return byKey;
}

/** Undefined: gone by now. */
async function readKey(
  caller: AwsCaller,
  entry: KeyEntry,
  aliases: Promise<ReadonlyMap<string, readonly string[]>>,
  options: ListingOptions,
): Promise<ListedKey | undefined> {
  const denied: DeniedRead[] = [];
  const unlessDenied = async <T>(read: DeniedRead, act: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ByokError) || error.code !== "BYOK_AWS_ACCESS_DENIED") throw error;
      denied.push(read);
      return undefined;
    }
  };
  try {
    const described = await unlessDenied("kms:DescribeKey", () => describe(caller, entry.keyId));
    const facts = described?.facts;
    const [tags, rotation] = await Promise.all([
      // Nobody can tag AWS's own keys.
      facts?.manager === "AWS"
        ? Promise.resolve({})
        : unlessDenied("kms:ListResourceTags", () => tagsOf(caller, entry.keyId)),
      facts === undefined ? undefined : readRotation(caller, facts, options, unlessDenied),
    ]);
    return {
      ...entry,
      aliases: (await aliases).get(entry.keyId) ?? [],
      ...described,
      ...(tags === undefined ? {} : { tags }),
      ...(rotation === undefined ? {} : { rotation }),
      denied,
    };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function describe(
  caller: AwsCaller,
  keyId: string,
): Promise<{ readonly facts: KmsKeyFacts; readonly multiRegion?: MultiRegionRole }> {
  const { KeyMetadata } = await caller.call("DescribeKey", { KeyId: keyId });
  const facts = keyFacts(KeyMetadata);
  if (!facts.multiRegion) return { facts };
  const { data } = multiRegionMetadata.safeParse(KeyMetadata);
  const place = data?.MultiRegionConfiguration;
  if (place === undefined) return { facts };
  const { MultiRegionKeyType: role, PrimaryKey, ReplicaKeys } = place;
  return { facts, multiRegion: { role, primary: PrimaryKey.Arn, replicas: ReplicaKeys.map(({ Arn }) => Arn) } };
}
