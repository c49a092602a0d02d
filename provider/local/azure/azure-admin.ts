import { type Duration, durationSchema, toMilliseconds } from "../admin";
import type { LocalClock } from "../clock";
import { type ControlAction, commonActions } from "../http/control-api";
import { type AzureFault, type Faults, azureFaultSchema } from "../http/faults";
import type { RequestLog } from "../http/request-log";
import { LocalCloudError } from "../options";
import { z } from "zod";
import type { AzurePaddedImport, AzureRequestLogEntry, LocalAzureAdmin } from "./admin";
import type { KeyStore } from "./key-store";
import type { LocalVault } from "./options";
import { keyIdOf } from "./vault/key-bundle";
import { settle } from "./vault/rotate";

interface Parts {
  readonly clock: LocalClock;
  readonly store: KeyStore;
  readonly faults: Faults<AzureFault>;
  readonly log: RequestLog<AzureRequestLogEntry>;
  readonly vaults: () => readonly LocalVault[];
  readonly exposeMaterial: boolean;
  /** Keeps the clock's lead over a restart. */
  readonly saveClock: (aheadBy: number) => void;
}

/** The admin of a local Azure in this process. */
export class AzureAdmin implements LocalAzureAdmin {
  constructor(private readonly parts: Parts) {}

  now(): Promise<Date> {
    return Promise.resolve(new Date(this.parts.clock.now()));
  }

  async advanceClock(duration: Duration): Promise<Date> {
    const { clock, store, saveClock } = this.parts;
    clock.advance(toMilliseconds(durationSchema.parse(duration)));
    saveClock(clock.aheadBy);
    await settle(store, clock.now());
    return this.now();
  }

  injectFault(fault: AzureFault): Promise<string> {
    return Promise.resolve(this.parts.faults.inject(fault));
  }

  clearFaults(): Promise<void> {
    this.parts.faults.clear();
    return Promise.resolve();
  }

  requestLog(): Promise<readonly AzureRequestLogEntry[]> {
    return Promise.resolve(this.parts.log.list());
  }

  counters(): Promise<Readonly<Record<string, number>>> {
    return Promise.resolve(this.parts.log.counters());
  }

  clearLog(): Promise<void> {
    this.parts.log.clear();
    return Promise.resolve();
  }

  async materialOf(keyId: string): Promise<Buffer> {
    if (!this.parts.exposeMaterial) {
      throw new LocalCloudError("This cloud does not show key material.", "Start it with exposeMaterial: true.");
    }
    const found = this.versions().find(({ id }) => id.toLowerCase() === keyId.toLowerCase());
    if (found === undefined)
      throw new LocalCloudError(`There is no key ${keyId}.`, "Give the whole id, with its version.");
    return Promise.resolve(Buffer.from(found.material, "base64"));
  }

  paddedImports(): Promise<readonly AzurePaddedImport[]> {
    const padded = this.versions().filter(({ trailingZeroBytes }) => trailingZeroBytes > 0);
    return Promise.resolve(padded.map(({ vault, id, trailingZeroBytes }) => ({ vault, keyId: id, trailingZeroBytes })));
  }

  private versions(): { vault: string; id: string; material: string; trailingZeroBytes: number }[] {
    return this.parts.vaults().flatMap((vault) =>
      this.parts.store.ofVault(vault.name).flatMap((key) =>
        key.versions.map(({ version, material, trailingZeroBytes }) => ({
          vault: vault.name,
          id: keyIdOf(vault, key.name, version),
          material,
          trailingZeroBytes,
        })),
      ),
    );
  }
}

/** The controls of the local Azure. */
export function azureActions(admin: LocalAzureAdmin): Readonly<Record<string, ControlAction>> {
  return {
    ...commonActions(admin, (body) => azureFaultSchema.parse(body)),
    "POST material": async (body) => ({
      material: (await admin.materialOf(z.strictObject({ keyId: z.string() }).parse(body).keyId)).toString("base64"),
    }),
  };
}
