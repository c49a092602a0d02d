/** What a key's version depends on. */
export interface WantedMaterial {
  /** Tells one origin of material from another: a source key, the content of a file, AWS. */
  readonly identity: string;
  /** Newest version of a source key; other material has none of its own. */
  readonly sourceVersion?: number | undefined;
  readonly follow: boolean;
  /** Any text; another one than before asks for a rotation. */
  readonly trigger?: string | undefined;
  /** True where a moment of the key's own schedule has passed; a source's schedule is that of its versions. */
  readonly isOverdue?: boolean;
  /** The same as `trigger`, of the group, for all its keys. */
  readonly groupTrigger?: string | undefined;
}

/** What the key held when its inputs were checked last. */
export interface HeldMaterial extends Pick<WantedMaterial, "identity" | "trigger" | "groupTrigger"> {
  readonly version: number;
  /** Of {@link DueRotation}. */
  readonly offset: number;
}

/** The version that a key is to have, and why. */
export interface DueRotation {
  readonly version: number;
  /**
   * What a version of the key is ahead of the version of its source: versions of a key only ever count up, while each source key begins with 1.
   */
  readonly offset: number;
  readonly reason: "first" | "none" | "source" | "material" | "trigger" | "schedule" | "group";
}

/**
 * Whether a rotation of a key is due. Versions never go back: material of another origin gets the next one, or the version of its source where
 * that is higher.
 *
 * @param held - undefined where the key is new
 */
export function dueRotation(wanted: WantedMaterial, held: HeldMaterial | undefined): DueRotation {
  const { sourceVersion, trigger } = wanted;
  if (held === undefined) return { version: sourceVersion ?? 1, offset: 0, reason: "first" };
  if (wanted.identity !== held.identity) {
    const version = Math.max(held.version + 1, sourceVersion ?? 0);
    return { version, offset: sourceVersion === undefined ? 0 : version - sourceVersion, reason: "material" };
  }
  const { version, offset } = held;
  const newest = sourceVersion === undefined ? version : sourceVersion + offset;
  if (wanted.follow && newest > version) return { version: newest, offset, reason: "source" };
  if (sourceVersion === undefined && isOther(trigger, held.trigger))
    return { version: version + 1, offset, reason: "trigger" };
  if (sourceVersion === undefined && wanted.isOverdue === true)
    return { version: version + 1, offset, reason: "schedule" };
  if (isOther(wanted.groupTrigger, held.groupTrigger)) {
    // A copy gets the same version of its source once more, under the next number of its own.
    return { version: version + 1, offset: sourceVersion === undefined ? offset : offset + 1, reason: "group" };
  }
  return { version, offset, reason: "none" };
}

/** Whether a trigger asks for a rotation: removing one does not. */
export const isOther = (trigger: string | undefined, before: string | undefined): boolean =>
  trigger !== undefined && trigger !== before;
