import type { PolicyPrincipal } from "./document";

/** `*` stands for any characters, `?` for one, as in IAM. */
export function matchesWildcard(pattern: string, value: string, ignoreCase = false): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${source}$`, ignoreCase ? "is" : "s").test(value);
}

/** How a principal element names a caller: in person, or by the account that then decides with its IAM policies. */
export type PrincipalMatch = "person" | "account" | "none";

export function matchPrincipal(principal: PolicyPrincipal, caller: { arn: string; accountId: string }): PrincipalMatch {
  if (principal === "*") return "person";
  const root = `arn:aws:iam::${caller.accountId}:root`;
  let match: PrincipalMatch = "none";
  for (const named of principal.AWS ?? []) {
    if (named === "*" || named === caller.arn || named === roleOf(caller.arn)) return "person";
    if (named === caller.accountId || named === root) match = caller.arn === root ? "person" : "account";
  }
  return match;
}

/** The role behind `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`; a path of the role is not in that ARN. */
function roleOf(arn: string): string | undefined {
  const parts = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn);
  return parts === null ? undefined : `arn:aws:iam::${parts[1] ?? ""}:role/${parts[2] ?? ""}`;
}
