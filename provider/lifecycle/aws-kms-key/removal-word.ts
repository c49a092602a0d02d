import { confirmationWord } from "../../model/confirmation";
import { deletionWindow } from "../../model/deletion-window";

/** What the word for a removal is bound to. */
export interface Removed {
  readonly arn: string;
  readonly lineage: string;
  readonly version: number;
  /** KeyState of DescribeKey. */
  readonly state: string;
  readonly days: number;
}

/** The word in BYOK_CONFIRM that the removal of a key asks for, or undefined with the default waiting period, which needs none. */
export const removalWord = ({ arn, lineage, version, state, days }: Removed): string | undefined =>
  days >= deletionWindow.default
    ? undefined
    : confirmationWord({
        operation: "schedule-deletion",
        cloudId: arn,
        lineage,
        version,
        state,
        deletion: `${days} days`,
      });
