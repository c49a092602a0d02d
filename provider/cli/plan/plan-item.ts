/** What is going to happen to one resource, and what that means. */
export interface PlanItem {
  readonly urn: string;
  readonly kind: string;
  readonly name: string;
  readonly act: "delete" | "replace" | "update" | "create";
  /** True where something in a cloud or a token is destroyed, or is on its way to be. */
  readonly destructive: boolean;
  /** Sentences: what it does to what exists. */
  readonly consequences: readonly string[];
  /** Who depends on it, by name. */
  readonly dependents: readonly string[];
  /** Until when it can be taken back (a day, UTC), and how; absent where it cannot be, or where there is nothing to. */
  readonly undo?: { readonly until?: string; readonly how: string };
  /** The word that the act asks for. */
  readonly confirm?: {
    readonly word: string;
    /** BYOK_CONFIRM in the environment, or the property `confirm` in the program. */
    readonly as: "BYOK_CONFIRM" | "confirm";
    /** What the word was made from; one that was made from the state is stale if the key has changed since. */
    readonly from: "cloud" | "state";
  };
}
