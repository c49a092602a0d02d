import type { IamAction } from "../permissions/iam-actions";

/**
 * What is known of one action: `denied` by a statement that says so, `not-allowed` by any, or `unknown`, where nobody would tell, or where it depends on
 * what only the request itself shows.
 */
export type PermissionVerdict = "allowed" | "denied" | "not-allowed" | "unknown";

/** What a caller is asked about. */
export interface PermissionQuestion {
  readonly actions: readonly IamAction[];
  /** How the names of aliases begin, such as `alias/ledger/`. */
  readonly aliasPrefix?: string | undefined;
}

/** What was found out, and how: by IAM's simulation, which does not see key policies, or by calls that change nothing. */
export interface PermissionAnswer {
  readonly how: "simulation" | "calls";
  readonly verdicts: ReadonlyMap<IamAction, PermissionVerdict>;
}
