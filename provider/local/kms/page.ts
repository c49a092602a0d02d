import { AwsError } from "../aws-error";
import type { Answer, Call } from "./call";

interface PageRules<T> {
  readonly defaultLimit: number;
  readonly maxLimit: number;
  /** What identifies an item; items come sorted or in a stable order. */
  readonly identity: (item: T) => string;
}

/** One page of a list: Limit and Marker of the request, NextMarker and Truncated of the answer. */
export function page<T>(call: Call, items: readonly T[], rules: PageRules<T>): { items: T[]; rest: Answer } {
  const limit = call.input.whole("Limit", { min: 1, max: rules.maxLimit }) ?? rules.defaultLimit;
  const marker = call.input.text("Marker", { min: 1, max: 1024 });
  const start = marker === undefined ? 0 : positionAfter(items, readMarker(marker), rules.identity);
  const shown = items.slice(start, start + limit);
  const last = shown.at(-1);
  const truncated = last !== undefined && start + limit < items.length;
  return {
    items: shown,
    rest: truncated ? { NextMarker: writeMarker(rules.identity(last)), Truncated: true } : { Truncated: false },
  };
}

/** A marker names the last item seen, so that pages stay right while items come and go. */
function positionAfter<T>(items: readonly T[], seen: string, identity: (item: T) => string): number {
  const exact = items.findIndex((item) => identity(item) === seen);
  if (exact >= 0) return exact + 1;
  const next = items.findIndex((item) => identity(item) > seen);
  return next >= 0 ? next : items.length;
}

const prefix = "after:";

function writeMarker(identity: string): string {
  return Buffer.from(prefix + identity).toString("base64");
}

function readMarker(marker: string): string {
  const text = Buffer.from(marker, "base64").toString("utf8");
  if (!text.startsWith(prefix)) throw new AwsError("InvalidMarkerException");
  return text.slice(prefix.length);
}
