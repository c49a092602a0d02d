import { ByokError } from "../model/errors";
import type { Cryptoki } from "./cryptoki";
import { CKF } from "./pkcs11-constants";
import { CKR, ckrOf } from "./return-codes";
import { tokenError } from "./token-error";
import { UsageGate } from "./usage-gate";

/** What a module reads when it is initialised. */
export interface ModuleSettings {
  readonly environment: Readonly<Record<string, string>>;
  readonly parameters?: string | undefined;
}

/**
 * One loaded PKCS#11 module. A process initialises a module once, so all tokens that are opened through it share this object,
 * its gate, and the fate of C_Finalize. It is never unloaded: dlclose would pull code from under threads that still end.
 */
export class ModuleInstance {
  readonly gate = new UsageGate();
  /** Counts initialisations; sessions and handles of an earlier one are dead. 0: not initialised. */
  generation = 0;
  private initialised = false;
  private users = 0;
  private settings: ModuleSettings | undefined;

  constructor(
    readonly file: string,
    readonly cryptoki: Cryptoki,
  ) {}

  /** Registers a user and initialises the module for the first one. Called alone. */
  enter(settings: ModuleSettings): void {
    if (this.users > 0 && !sameSettings(this.settings, settings)) {
      throw new ByokError(
        "BYOK_TOKEN_FAILED",
        `The PKCS#11 module ${this.file} runs in this process already, with other settings.`,
        { hint: "A module reads its environment and parameters once; open the other token in a process of its own." },
      );
    }
    this.settings = settings;
    if (!this.initialised) this.initialise();
    this.users += 1;
  }

  /** Drops a user; the last one finalizes the module. Called alone. */
  leave(): void {
    this.users -= 1;
    if (this.users === 0) this.finalize();
  }

  /** Finalizes and initialises again, which heals a token that was away. Called alone. */
  restart(): void {
    this.finalize();
    this.initialise();
  }

  private initialise(): void {
    const { environment = {}, parameters } = this.settings ?? {};
    Object.assign(process.env, environment);
    try {
      this.cryptoki.C_Initialize({
        // Without this flag a module may take the process for single-threaded, and parallel calls end it.
        flags: CKF.OS_LOCKING_OK,
        // pkcs11js cuts off the last character.
        ...(parameters === undefined ? {} : { libraryParameters: `${parameters} ` }),
      });
    } catch (thrown) {
      if (ckrOf(thrown) !== CKR.CRYPTOKI_ALREADY_INITIALIZED) {
        throw tokenError(thrown, `Initialising the PKCS#11 module ${this.file}`);
      }
    }
    this.initialised = true;
    this.generation += 1;
  }

  private finalize(): void {
    if (!this.initialised) return;
    this.initialised = false;
    try {
      this.cryptoki.C_Finalize();
    } catch (thrown) {
      // The purpose is reached where somebody else finalized it.
      if (ckrOf(thrown) !== CKR.CRYPTOKI_NOT_INITIALIZED) throw tokenError(thrown, "Finalizing the PKCS#11 module");
    }
  }
}

const sameSettings = (a: ModuleSettings | undefined, b: ModuleSettings): boolean =>
  a !== undefined &&
  a.parameters === b.parameters &&
  JSON.stringify(Object.entries(a.environment).sort()) === JSON.stringify(Object.entries(b.environment).sort());
