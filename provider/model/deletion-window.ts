/** Shortest, longest and default waiting period of ScheduleKeyDeletion, in days. */
export const deletionWindow = { min: 7, max: 30, default: 30 } as const;

/** What is wrong with a waiting period, or undefined. */
export function windowFault(days: number): string | undefined {
  if (Number.isInteger(days) && days >= deletionWindow.min && days <= deletionWindow.max) return undefined;
  return `${days} is outside AWS's waiting period: whole days from ${deletionWindow.min} to ${deletionWindow.max}.`;
}
