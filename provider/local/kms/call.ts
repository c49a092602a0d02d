import type { LocalClock } from "../clock";
import type { Caller } from "../policy/identity";
import type { RecordView } from "../store/record-view";
import type { Store } from "../store/store";
import type { ImportTokens } from "./import-token";
import type { RequestReader } from "./request-reader";
import type { WrappingKeys } from "./wrapping-keys";

/** How this cloud behaves where a user may choose. */
export interface CloudSettings {
  readonly regions: readonly string[];
  readonly strictDer: boolean;
  readonly enforcePolicies: boolean;
  /** Milliseconds for which reads answer from the past. */
  readonly eventualConsistencyMs: number;
  /** Milliseconds that Creating, Updating and an on-demand rotation take. */
  readonly transitionMs: number;
}

/** Everything that the operations share. */
export interface Cloud {
  readonly store: Store;
  readonly clock: LocalClock;
  readonly settings: CloudSettings;
  readonly wrappingKeys: WrappingKeys;
  readonly importTokens: ImportTokens;
}

/** One request that has been authenticated. */
export interface Call {
  readonly cloud: Cloud;
  readonly operation: string;
  readonly region: string;
  readonly caller: Caller;
  readonly sourceIp: string;
  readonly secure: boolean;
  readonly now: number;
  readonly input: RequestReader;
  /** What reads see: the store itself, or its past when eventual consistency is asked for. */
  readonly view: RecordView;
}

export type Answer = Readonly<Record<string, unknown>>;
export type Operation = (call: Call) => Answer | Promise<Answer>;
