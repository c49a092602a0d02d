import type { TokenAbilities } from "../model/token";
import type { ToldHistory } from "./key-drift";

/** What the self-test found: what the port tells, and what only the adapter needs. */
export interface TokenFindings {
  readonly abilities: TokenAbilities;
  readonly history: ToldHistory;
  /** The mechanism that is RFC 5649 in this token. */
  readonly keyWrapMechanism: number | undefined;
  /** True where AES-CMAC works. */
  readonly cmac: boolean;
}
