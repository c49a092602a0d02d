import {
  type Duration,
  type KeyAddress,
  type LocalAdmin,
  type PaddedImport,
  durationSchema,
  toMilliseconds,
} from "./admin";
import type { Fault, Faults } from "./http/faults";
import type { RequestLog, RequestLogEntry } from "./http/request-log";
import type { Cloud } from "./kms/call";
import { settle } from "./kms/due-events";
import { LocalCloudError } from "./options";

interface Parts {
  readonly cloud: Cloud;
  readonly faults: Faults<Fault>;
  readonly log: RequestLog<RequestLogEntry>;
  readonly exposeMaterial: boolean;
  /** Keeps the clock's lead over a restart. */
  readonly saveClock: (aheadBy: number) => void;
}

/** The admin of a cloud in this process. */
export class CloudAdmin implements LocalAdmin {
  constructor(private readonly parts: Parts) {}

  now(): Promise<Date> {
    return Promise.resolve(new Date(this.parts.cloud.clock.now()));
  }

  advanceClock(duration: Duration): Promise<Date> {
    const { clock, store } = this.parts.cloud;
    clock.advance(toMilliseconds(durationSchema.parse(duration)));
    this.parts.saveClock(clock.aheadBy);
    settle(store, clock.now());
    return this.now();
  }

  injectFault(fault: Fault): Promise<string> {
    return Promise.resolve(this.parts.faults.inject(fault));
  }

  clearFaults(): Promise<void> {
    this.parts.faults.clear();
    return Promise.resolve();
  }

  requestLog(): Promise<readonly RequestLogEntry[]> {
    return Promise.resolve(this.parts.log.list());
  }

  counters(): Promise<Readonly<Record<string, number>>> {
    return Promise.resolve(this.parts.log.counters());
  }

  clearLog(): Promise<void> {
    this.parts.log.clear();
    return Promise.resolve();
  }

  async materialOf(address: KeyAddress | string): Promise<Buffer> {
    if (!this.parts.exposeMaterial) {
      throw new LocalCloudError("This cloud does not show key material.", "Start it with exposeMaterial: true.");
    }
    const { keyId, account, region, keyMaterialId } = typeof address === "string" ? { keyId: address } : address;
    const found = this.parts.cloud.store
      .allKeys()
      .filter((key) => key.keyId === keyId.slice(keyId.lastIndexOf("/") + 1))
      .filter((key) => (account ?? key.account) === key.account && (region ?? key.region) === key.region);
    const bytes = found
      .flatMap((key) => key.materials)
      .filter((material) => (keyMaterialId === undefined ? material.role === "CURRENT" : material.id === keyMaterialId))
      .flatMap((material) => (material.bytes === null ? [] : [material.bytes]))[0];
    if (bytes === undefined) {
      throw new LocalCloudError(
        `There is no imported material of the key ${keyId}.`,
        "Check the id, account and Region.",
      );
    }
    return Promise.resolve(Buffer.from(bytes, "base64"));
  }

  paddedImports(): Promise<readonly PaddedImport[]> {
    const imports = this.parts.cloud.store
      .allKeys()
      .flatMap(({ account, region, keyId, materials }) =>
        materials
          .filter((material) => material.trailingZeroBytes > 0)
          .map(({ id, trailingZeroBytes }) => ({ account, region, keyId, keyMaterialId: id, trailingZeroBytes })),
      );
    return Promise.resolve(imports);
  }
}
