import type { TokenIdentity } from "../model/token";
import type { Cryptoki, Handle, Session } from "./cryptoki";
import { CKF } from "./pkcs11-constants";
import { CKR, ckrOf } from "./return-codes";

/** Sessions that a token is asked for at most, unless it allows fewer. */
const defaultLimit = 8;

/**
 * Sessions of one token. Each is checked out to one caller from the first Init to the last Final, because a session has room
 * for one active operation; a session in which something failed is closed, since an operation may still be active in it.
 */
export class SessionPool {
  private readonly idle: Handle[] = [];
  private open = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly cryptoki: Cryptoki,
    private readonly slot: Handle,
    private readonly identity: TokenIdentity,
    private limit = defaultLimit,
  ) {}

  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    let handle: Handle | undefined;
    const fate = { retired: false };
    const retire = (): void => void (fate.retired = true);
    try {
      handle = await this.checkOut();
      const result = await work({ cryptoki: this.cryptoki, slot: this.slot, identity: this.identity, handle, retire });
      if (fate.retired) this.discard(handle);
      else this.idle.push(handle);
      return result;
    } catch (thrown) {
      if (handle !== undefined) this.discard(handle);
      throw thrown;
    } finally {
      this.waiting.shift()?.();
    }
  }

  /** Closes all sessions. Nothing may be checked out. */
  close(): void {
    for (const handle of this.idle.splice(0)) this.discard(handle);
  }

  private async checkOut(): Promise<Handle> {
    for (;;) {
      const idle = this.idle.pop();
      if (idle !== undefined) return idle;
      const opened = this.open < this.limit ? this.tryOpen() : undefined;
      if (opened !== undefined) return opened;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Opens one more session; where the token allows no more of them, those that are open are shared. */
  private tryOpen(): Handle | undefined {
    try {
      const handle = openSession(this.cryptoki, this.slot);
      this.open += 1;
      return handle;
    } catch (thrown) {
      if (ckrOf(thrown) !== CKR.SESSION_COUNT || this.open === 0) throw thrown;
      this.limit = this.open;
      return undefined;
    }
  }

  private discard(handle: Handle): void {
    this.open -= 1;
    closeSession(this.cryptoki, handle);
  }
}

/** Closes a session; one that is gone already is closed. */
export function closeSession(cryptoki: Cryptoki, handle: Handle): void {
  try {
    cryptoki.C_CloseSession(handle);
  } catch {
    // That it is gone is what failed, or what is wanted.
  }
}

/** Opens a read-write session. */
export const openSession = (cryptoki: Cryptoki, slot: Handle): Handle =>
  cryptoki.C_OpenSession(slot, CKF.SERIAL_SESSION | CKF.RW_SESSION);
