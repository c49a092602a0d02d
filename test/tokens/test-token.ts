import type { TokenConnection } from "../../provider/model/token";

/** A fresh token in a temporary folder, ready to be opened. */
export interface TestToken {
  /** Its `pin` is a reference to {@link TestToken.pinFile}. */
  readonly connection: TokenConnection;
  readonly pin: string;
  /** Holds the PIN; readable by its owner only. */
  readonly pinFile: string;
  /** The temporary folder that holds everything of this token. */
  readonly folder: string;
  /** Removes the folder. Nothing may have the token open any more. */
  dispose(): Promise<void>;
}
