import type { Operation } from "../call";
import { requireKey } from "../key-reference";
import { notLeaving, requireState } from "../key-state";
import { page } from "../page";
import { checkTagCount, mergeTags, readTags, tagContext } from "../tags";

export const tagResource: Operation = (call) => {
  const tags = readTags(call.input);
  const key = requireKey(call, call.input.keyReference(), { context: tagContext(tags) });
  requireState(key, call.now, notLeaving);
  const merged = mergeTags(key.tags, tags);
  checkTagCount(merged);
  call.cloud.store.put({ ...key, tags: merged });
  return {};
};

export const untagResource: Operation = (call) => {
  const names = call.input.texts("TagKeys") ?? [];
  const key = requireKey(call, call.input.keyReference(), { context: { "aws:TagKeys": names } });
  requireState(key, call.now, notLeaving);
  call.cloud.store.put({ ...key, tags: key.tags.filter((tag) => !names.includes(tag.TagKey)) });
  return {};
};

export const listResourceTags: Operation = (call) => {
  const key = requireKey(call, call.input.keyReference(), { view: call.view });
  const { items, rest } = page(call, key.tags, { defaultLimit: 50, maxLimit: 50, identity: (tag) => tag.TagKey });
  return { Tags: items, ...rest };
};
