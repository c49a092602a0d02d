import { z } from "zod";
import { type Duration, toMilliseconds } from "../admin";
import { askControl } from "../control-client";
import type { AzureFault } from "../http/faults";
import type { AzurePaddedImport, AzureRequestLogEntry, LocalAzureAdmin } from "./admin";

const timeSchema = z.object({ now: z.iso.datetime() });
const entrySchema = z.object({
  time: z.string(),
  service: z.enum(["keyvault", "entra", "arm"]),
  operation: z.string(),
  vault: z.string().nullable(),
  key: z.string().nullable(),
  client: z.string().nullable(),
  status: z.number().nullable(),
  error: z.string().nullable(),
});
const paddedSchema = z.object({
  vault: z.string(),
  keyId: z.string(),
  trailingZeroBytes: z.number(),
});

/** The admin of a local Azure in another process, over its managed identity endpoint and with the token of its azure.json. */
export class RemoteAzureAdmin implements LocalAzureAdmin {
  private readonly control: { readonly endpoint: string; readonly controlToken: string };

  constructor(endpoint: string, controlToken: string) {
    this.control = { endpoint, controlToken };
  }

  async now(): Promise<Date> {
    return new Date((await this.ask("GET", "clock", timeSchema)).now);
  }

  async advanceClock(duration: Duration): Promise<Date> {
    const body = { milliseconds: toMilliseconds(duration) };
    return new Date((await this.ask("POST", "clock/advance", timeSchema, body)).now);
  }

  async injectFault(fault: AzureFault): Promise<string> {
    return (await this.ask("POST", "faults", z.object({ id: z.string() }), fault)).id;
  }

  async clearFaults(): Promise<void> {
    await this.ask("DELETE", "faults", z.object({}));
  }

  async requestLog(): Promise<readonly AzureRequestLogEntry[]> {
    return (await this.ask("GET", "requests", z.object({ requests: z.array(entrySchema) }))).requests;
  }

  async counters(): Promise<Readonly<Record<string, number>>> {
    return (await this.ask("GET", "counters", z.object({ counters: z.record(z.string(), z.number()) }))).counters;
  }

  async clearLog(): Promise<void> {
    await this.ask("DELETE", "requests", z.object({}));
  }

  async materialOf(keyId: string): Promise<Buffer> {
    return Buffer.from(
      (await this.ask("POST", "material", z.object({ material: z.string() }), { keyId })).material,
      "base64",
    );
  }

  async paddedImports(): Promise<readonly AzurePaddedImport[]> {
    return (await this.ask("GET", "padded-imports", z.object({ imports: z.array(paddedSchema) }))).imports;
  }

  private ask<T>(method: string, name: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    return askControl(this.control, method, name, schema, body);
  }
}
