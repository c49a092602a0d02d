/** Which resource of this process keeps a thing, by ARN; the later one counts. */
const keepers = new Map<string, string>();

/**
 * Notes that a resource keeps a thing that cannot carry a mark of its own, such as an alias. The engine makes the new half of a replacement
 * before it deletes the old one, both in one process: the old half then leaves alone what the new half keeps.
 *
 * @param arn - what is kept
 * @param id - id of the resource
 */
export const noteKeeper = (arn: string, id: string): void => void keepers.set(arn, id);

/** True where another resource of this process keeps the thing since. */
export function isKeptByAnother(arn: string, id: string): boolean {
  const keeper = keepers.get(arn);
  return keeper !== undefined && keeper !== id;
}
