import { ByokError } from "../model/errors";
import type { TokenConnection, TokenIdentity } from "../model/token";
import type { Handle, Session } from "./cryptoki";
import { findSlot } from "./find-slot";
import { KeyHandles } from "./key-handles";
import { logIn } from "./log-in";
import type { ModuleInstance } from "./module-instance";
import { failureOf } from "./return-codes";
import { closeSession, openSession, SessionPool } from "./session-pool";
import { tokenError } from "./token-error";

interface Attachment {
  readonly generation: number;
  /** Stays open and idle: the login ends with the last session of the token. */
  readonly anchor: Handle;
  readonly pool: SessionPool;
}

/** What one attempt at an operation works with. */
export interface Attempt {
  readonly session: Session;
  /** CKA_ID to handle; emptied when handles go stale. */
  readonly handles: KeyHandles;
  /** True when an earlier attempt of the same operation failed and may have left something behind. */
  readonly again: boolean;
}

/**
 * A token that stays connected: one login, a pool of sessions, and a new connection when the token was away. Putting a token
 * back does not heal its sessions; only C_Finalize and C_Initialize do.
 */
export class LiveToken {
  private readonly handles = new KeyHandles();
  private readonly running = new Set<Promise<unknown>>();
  private closed = false;

  private constructor(
    private readonly instance: ModuleInstance,
    readonly identity: TokenIdentity,
    private readonly pin: string,
    private attachment: Attachment | undefined,
  ) {}

  static connect(instance: ModuleInstance, connection: TokenConnection, pin: string): Promise<LiveToken> {
    return instance.gate.alone(() => {
      instance.enter({ environment: connection.environment ?? {}, parameters: connection.parameters });
      try {
        const { identity, attachment } = attach(instance, connection, pin);
        return Promise.resolve(new LiveToken(instance, identity, pin, attachment));
      } catch (thrown) {
        instance.leave();
        throw tokenError(thrown, "Connecting to the token");
      }
    });
  }

  /**
   * Runs an operation in a session of its own. It is run again after handles went stale, and after the token was lost and
   * found; so it must be fit to be run twice. `doing` begins the message of an error: "Generating a key".
   *
   * What writes token objects runs `alone`: SoftHSM answers CKR_GENERAL_ERROR or CKR_OBJECT_HANDLE_INVALID, now and then, to threads
   * that read or write its object store while another one writes it.
   */
  async run<T>(
    doing: string,
    work: (attempt: Attempt) => Promise<T>,
    access: "alone" | "shared" = "shared",
  ): Promise<T> {
    if (this.closed)
      throw new ByokError("BYOK_TOKEN_FAILED", `${doing} failed: the connection to the token was shut down.`);
    const running = this.attempt(doing, work, access);
    this.running.add(running);
    try {
      return await running;
    } finally {
      this.running.delete(running);
    }
  }

  private async attempt<T>(
    doing: string,
    work: (attempt: Attempt) => Promise<T>,
    access: "alone" | "shared",
  ): Promise<T> {
    let refound = false;
    let reconnected = false;
    for (;;) {
      const attached = await this.attached();
      const again = refound || reconnected;
      try {
        return await this.instance.gate[access](() =>
          attached.pool.use((session) => work({ session, handles: this.handles, again })),
        );
      } catch (thrown) {
        const failure = failureOf(thrown);
        if (failure === "stale" && !refound) {
          refound = true;
          this.handles.clear();
        } else if (failure === "lost" && !reconnected) {
          reconnected = true;
          await this.reconnect(attached.generation);
        } else {
          throw tokenError(thrown, doing);
        }
      }
    }
  }

  /** Waits for running operations, then ends the sessions, and with the last of them the login. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.allSettled(this.running);
    await this.instance.gate.alone(() => {
      if (this.attachment?.generation === this.instance.generation) {
        this.attachment.pool.close();
        closeSession(this.instance.cryptoki, this.attachment.anchor);
      }
      this.attachment = undefined;
      this.handles.clear();
      this.instance.leave();
      return Promise.resolve();
    });
  }

  private async attached(): Promise<Attachment> {
    for (;;) {
      if (this.attachment?.generation === this.instance.generation) return this.attachment;
      await this.reconnect(this.attachment?.generation);
    }
  }

  /** `lost` is the generation that failed; where the module was initialised again since then, only the login is renewed. */
  private reconnect(lost: number | undefined): Promise<void> {
    return this.instance.gate.alone(() => {
      const { attachment } = this;
      const renewed = attachment?.generation === this.instance.generation && attachment.generation !== lost;
      // Somebody who waited before us has connected again already.
      if (renewed) return Promise.resolve();
      const stale = this.attachment === undefined || lost === this.instance.generation;
      this.attachment = undefined;
      this.handles.clear();
      try {
        if (stale) this.instance.restart();
        this.attachment = attach(this.instance, this.identity, this.pin).attachment;
      } catch (thrown) {
        throw this.gone(thrown);
      }
      return Promise.resolve();
    });
  }

  private gone(thrown: unknown): ByokError {
    const reason = tokenError(thrown, "Connecting again");
    if (reason.code.startsWith("BYOK_TOKEN_PIN")) return reason;
    const { label, serial } = this.identity;
    return new ByokError("BYOK_TOKEN_REMOVED", `The token "${label}" (${serial}) is gone. ${reason.message}`, {
      hint: "Put it back, then run again: it is found again by itself.",
      retryable: true,
    });
  }
}

function attach(
  instance: ModuleInstance,
  wanted: { readonly label?: string | undefined; readonly serial?: string | undefined },
  pin: string,
): { readonly identity: TokenIdentity; readonly attachment: Attachment } {
  const { cryptoki, generation } = instance;
  const { slot, identity } = findSlot(cryptoki, wanted);
  const anchor = openSession(cryptoki, slot);
  try {
    logIn(cryptoki, slot, anchor, identity, pin);
  } catch (thrown) {
    closeSession(cryptoki, anchor);
    throw thrown;
  }
  return { identity, attachment: { generation, anchor, pool: new SessionPool(cryptoki, slot, identity) } };
}
