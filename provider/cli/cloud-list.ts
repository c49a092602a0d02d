import type { z } from "zod";
import type { ListedRecord } from "../model/merge-inventory";

/** What the commands say of one cloud's list of keys. */
export interface CloudList<Listed extends ListedRecord> {
  /** Stands in a file, and tells it from the list of another place; values are texts. */
  readonly place: Readonly<Record<string, string>>;
  readonly record: z.ZodType<Listed>;
  /** How keys can be named, for hints. */
  readonly namedBy: string;
  /** In words, such as `account 123456789012, eu-central-1`. */
  placeWords(place: Readonly<Record<string, string>>): string;
  /** What a key is known by from one listing to the next. */
  identify(record: Listed): string;
  /** All that `--adopt` may call it. */
  namesOf(record: Listed): readonly string[];
  /** False for keys that `--adopt all` leaves out. */
  isFree(record: Listed): boolean;
  /** For a terminal. */
  print(record: Listed): string;
}
