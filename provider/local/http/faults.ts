import { randomUUID } from "node:crypto";
import { z } from "zod";

const effectSchema = z.discriminatedUnion("kind", [
  /** An AWS error, for instance ThrottlingException (status 400) or KMSInternalException (status 500). */
  z.strictObject({
    kind: z.literal("error"),
    code: z.string().min(1),
    status: z.int().min(400).max(599).default(400),
    message: z.string().default("An injected fault."),
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

export const faultSchema = z.strictObject({
  /** Operation name, for instance `ImportKeyMaterial`; every operation when unset. */
  operation: z.string().min(1).optional(),
  /** Only requests that name this key, by id, ARN or alias. */
  keyId: z.string().min(1).optional(),
  account: z.string().optional(),
  region: z.string().optional(),
  /** Matching requests that pass before the fault begins. */
  skip: z.int().min(0).default(0),
  /** How many requests it hits. */
  times: z.union([z.int().min(1), z.literal("always")]).default(1),
  effect: effectSchema,
});

export type Fault = z.input<typeof faultSchema>;
export type FaultEffect = z.infer<typeof effectSchema>;

export interface FaultSubject {
  readonly operation: string;
  readonly keyId: string | null;
  readonly account: string;
  readonly region: string;
}

interface ActiveFault extends z.infer<typeof faultSchema> {
  readonly id: string;
}

/** The faults that wait for their requests, in the order of injection; the first that fits is used. */
export class Faults {
  private active: ActiveFault[] = [];

  inject(fault: Fault): string {
    const id = randomUUID();
    this.active.push({ ...faultSchema.parse(fault), id });
    return id;
  }

  clear(): void {
    this.active = [];
  }

  list(): readonly Readonly<ActiveFault>[] {
    return [...this.active];
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

function fits(fault: ActiveFault, subject: FaultSubject): boolean {
  return (
    (fault.operation === undefined || fault.operation === subject.operation) &&
    (fault.keyId === undefined || fault.keyId === subject.keyId) &&
    (fault.account === undefined || fault.account === subject.account) &&
    (fault.region === undefined || fault.region === subject.region)
  );
}
