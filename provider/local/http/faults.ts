import { randomUUID } from "node:crypto";
import { z } from "zod";

const effectSchema = z.discriminatedUnion("kind", [
  /** An error of the service, for instance ThrottlingException (status 400) or KMSInternalException (status 500). */
  z.strictObject({
    kind: z.literal("error"),
    code: z.string().min(1),
    status: z.int().min(400).max(599).default(400),
    message: z.string().default("An injected fault."),
    /** Seconds for the header Retry-After, which is absent without. */
    retryAfter: z.int().min(0).optional(),
  }),
  /** A bare HTTP status, as a proxy or load balancer would send it. */
  z.strictObject({ kind: z.literal("status"), status: z.int().min(400).max(599) }),
  /** The connection closes without an answer; `after` means that the operation has been applied: a lost answer. */
  z.strictObject({ kind: z.literal("drop"), when: z.enum(["before", "after"]) }),
  /** The answer comes late. */
  z.strictObject({ kind: z.literal("slow"), milliseconds: z.int().min(1).max(3_600_000) }),
  /** No answer ever comes and the connection stays open. */
  z.strictObject({ kind: z.literal("hang"), when: z.enum(["before", "after"]) }),
]);

/** When a fault hits, and what it does; the fields beside these say which requests. */
const faultFields = {
  /** Matching requests that pass before the fault begins. */
  skip: z.int().min(0).default(0),
  /** How many requests it hits. */
  times: z.union([z.int().min(1), z.literal("always")]).default(1),
  effect: effectSchema,
};

export const faultSchema = z.strictObject({
  /** Operation name, for instance `ImportKeyMaterial`; every operation when unset. */
  operation: z.string().min(1).optional(),
  /** Only requests that name this key, by id, ARN or alias. */
  keyId: z.string().min(1).optional(),
  account: z.string().optional(),
  region: z.string().optional(),
  ...faultFields,
});

export const azureFaultSchema = z.strictObject({
  /** Operation name, for instance `ImportKey`, `DeleteKey`, `Token` or `ListVaults`; every operation when unset. */
  operation: z.string().min(1).optional(),
  /** Only requests to the vault of this name. */
  vault: z.string().min(1).optional(),
  /** Only requests that name this key. */
  key: z.string().min(1).optional(),
  ...faultFields,
});

export type Fault = z.input<typeof faultSchema>;
export type FaultEffect = z.infer<typeof effectSchema>;

export type AzureFault = z.input<typeof azureFaultSchema>;

/** What a request is about, by the names of a fault's fields. */
export type FaultSubject = Readonly<Record<string, string | null>>;

type ParsedFault = z.infer<typeof faultSchema> | z.infer<typeof azureFaultSchema>;
type ActiveFault = ParsedFault & { readonly id: string };

/** The faults that wait for their requests, in the order of injection; the first that fits is used. */
export class Faults<F> {
  private active: ActiveFault[] = [];

  constructor(private readonly parse: (fault: F) => ParsedFault) {}

  inject(fault: F): string {
    const id = randomUUID();
    this.active.push({ ...this.parse(fault), id });
    return id;
  }

  clear(): void {
    this.active = [];
  }

  /** The effect for this request, if any; counts it. */
  take(subject: FaultSubject): FaultEffect | undefined {
    for (const fault of this.active) {
      if (!fits(fault, subject)) continue;
      if (fault.skip > 0) {
        fault.skip -= 1;
        continue;
      }
      if (fault.times !== "always") fault.times -= 1;
      if (fault.times === 0) this.active = this.active.filter((other) => other !== fault);
      return fault.effect;
    }
    return undefined;
  }
}

function fits({ id, skip, times, effect, ...wanted }: ActiveFault, subject: FaultSubject): boolean {
  return Object.entries(wanted).every(([field, value]) => value === undefined || subject[field] === value);
}
