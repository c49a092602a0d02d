/** Files in which backups are kept, and others that a lifecycle reads, on the machine that runs the provider. Relative paths start in the project's folder. */
export interface EscrowFiles {
  /**
   * The whole file; undefined where there certainly is none.
   *
   * @param atMost - in bytes; of a longer file no more is read than tells so
   * @throws ByokError BYOK_INPUT_INVALID where it cannot be read
   */
  read(path: string, atMost?: number): Promise<Buffer | undefined>;
  /**
   * Writes the file for its owner alone (0600), and all of it or nothing: a reader, or a run that dies, finds the former content or the new one.
   *
   * @throws ByokError BYOK_INPUT_INVALID where its folder does not exist, or cannot be written to
   */
  replace(path: string, content: Buffer): Promise<void>;
  /** What is gone already is success. */
  remove(path: string): Promise<void>;
}
