import { z } from "zod";
import type { KmsGrant, OwnedKey } from "../model/ports/kms";
import { allPages, eachPage, type ReadPage } from "./all-pages";
import type { AwsCaller, CallOptions } from "./aws-caller";
import { OWNER_TAG } from "./owner-index";
import { keyIdOf } from "./recent-writes";

/** The greatest pages that each API gives. */
const LIMIT = { aliases: 100, grants: 100, keys: 1000, tags: 50, resources: 100 };

const aliasEntry = z.object({ AliasName: z.string(), TargetKeyId: z.string().optional() });
const keyEntry = z.object({ KeyId: z.string(), KeyArn: z.string() });
const kmsTag = z.object({ TagKey: z.string(), TagValue: z.string() });
const taggedResource = z.object({
  ResourceARN: z.string(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
});
const grantEntry = z.object({
  GrantId: z.string(),
  GranteePrincipal: z.string().default(""),
  Operations: z.array(z.string()).default([]),
});

/** An alias and the key that it points to; AWS's own aliases may point nowhere. */
export interface Alias {
  readonly name: string;
  readonly target: string | undefined;
}

const aliasPage =
  (caller: AwsCaller, keyId: string | undefined, options: CallOptions<"ListAliases"> = {}): ReadPage<Alias> =>
  async (Marker) => {
    const answer = await caller.call("ListAliases", { KeyId: keyId, Limit: LIMIT.aliases, Marker }, options);
    const items = z.array(aliasEntry).parse(answer.Aliases ?? []);
    return {
      items: items.map((alias) => ({ name: alias.AliasName, target: alias.TargetKeyId })),
      next: nextOf(answer),
    };
  };

/** Aliases of a key, or of the account and Region. */
export const aliasesOf = (
  caller: AwsCaller,
  keyId?: string,
  options: CallOptions<"ListAliases"> = {},
): Promise<readonly Alias[]> => allPages(aliasPage(caller, keyId, options));

/** Tags of a key. */
export async function tagsOf(
  caller: AwsCaller,
  keyId: string,
  options: CallOptions<"ListResourceTags"> = {},
): Promise<Readonly<Record<string, string>>> {
  const tags = await allPages(async (Marker) => {
    const answer = await caller.call("ListResourceTags", { KeyId: keyId, Limit: LIMIT.tags, Marker }, options);
    return { items: z.array(kmsTag).parse(answer.Tags ?? []), next: nextOf(answer) };
  });
  return Object.fromEntries(tags.map(({ TagKey, TagValue }) => [TagKey, TagValue]));
}

/** Grants on a key. */
export const grantsOn = (
  caller: AwsCaller,
  keyId: string,
  options: CallOptions<"ListGrants"> = {},
): Promise<readonly KmsGrant[]> =>
  allPages(async (Marker) => {
    const answer = await caller.call("ListGrants", { KeyId: keyId, Limit: LIMIT.grants, Marker }, options);
    const items = z.array(grantEntry).parse(answer.Grants ?? []);
    return {
      items: items.map((grant) => ({
        grantId: grant.GrantId,
        grantee: grant.GranteePrincipal,
        operations: grant.Operations,
      })),
      next: nextOf(answer),
    };
  });

/** What ListKeys tells of a key. */
export interface KeyEntry {
  readonly keyId: string;
  readonly arn: string;
}

const keyPage =
  (caller: AwsCaller): ReadPage<KeyEntry> =>
  async (Marker) => {
    const answer = await caller.call("ListKeys", { Limit: LIMIT.keys, Marker });
    const items = z.array(keyEntry).parse(answer.Keys ?? []);
    return { items: items.map(({ KeyId, KeyArn }) => ({ keyId: KeyId, arn: KeyArn })), next: nextOf(answer) };
  };

/** Every key of the account and Region. */
export const allKeys = (caller: AwsCaller): Promise<readonly KeyEntry[]> => allPages(keyPage(caller));

/** Every key of the account and Region, page by page. */
export const keyPages = (caller: AwsCaller): AsyncGenerator<readonly KeyEntry[], void, undefined> =>
  eachPage(keyPage(caller));

/** Keys with an owner tag, as the Resource Groups Tagging API knows them; it learns of changes late. */
export const taggedKeys = (caller: AwsCaller): Promise<readonly OwnedKey[]> =>
  allPages(async (PaginationToken) => {
    const answer = await caller.call("GetResources", {
      TagFilters: [{ Key: OWNER_TAG }],
      ResourceTypeFilters: ["kms:key"],
      ResourcesPerPage: LIMIT.resources,
      PaginationToken,
    });
    const items = z.array(taggedResource).parse(answer.ResourceTagMappingList ?? []);
    return {
      items: items.map(({ ResourceARN, Tags }) => ({
        keyId: keyIdOf(ResourceARN),
        arn: ResourceARN,
        tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])),
      })),
      next: answer.PaginationToken,
    };
  });

/** The marker of the page behind an answer of KMS. */
export const nextOf = (answer: {
  Truncated?: boolean | undefined;
  NextMarker?: string | undefined;
}): string | undefined => (answer.Truncated === true ? answer.NextMarker : undefined);
