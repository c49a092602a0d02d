import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { type Duration, type LocalAdmin, durationSchema, keyAddressSchema } from "../admin";
import { LocalCloudError } from "../options";
import { faultSchema } from "./faults";
import { type HttpAnswer, plainJson } from "./outcome";
import type { ReceivedRequest } from "./request";

export const controlPrefix = "/_local/";

/** Does what one `METHOD name` under `/_local/` says. */
export type ControlAction = (body: unknown) => Promise<unknown>;

/** The controls that every local cloud has. */
interface CommonAdmin<F, E> {
  now(): Promise<Date>;
  advanceClock(duration: Duration): Promise<Date>;
  injectFault(fault: F): Promise<string>;
  clearFaults(): Promise<void>;
  requestLog(): Promise<readonly E[]>;
  counters(): Promise<Readonly<Record<string, number>>>;
  clearLog(): Promise<void>;
  paddedImports(): Promise<readonly unknown[]>;
}

export function commonActions<F, E>(
  admin: CommonAdmin<F, E>,
  readFault: (body: unknown) => F,
): Readonly<Record<string, ControlAction>> {
  return {
    "GET clock": async () => ({ now: (await admin.now()).toISOString() }),
    "POST clock/advance": async (body) => ({
      now: (await admin.advanceClock(durationSchema.parse(body))).toISOString(),
    }),
    "POST faults": async (body) => ({ id: await admin.injectFault(readFault(body)) }),
    "DELETE faults": async () => {
      await admin.clearFaults();
      return {};
    },
    "GET requests": async () => ({ requests: await admin.requestLog() }),
    "DELETE requests": async () => {
      await admin.clearLog();
      return {};
    },
    "GET counters": async () => ({ counters: await admin.counters() }),
    "GET padded-imports": async () => ({ imports: await admin.paddedImports() }),
  };
}

/** The controls of the local AWS. */
export function awsActions(admin: LocalAdmin): Readonly<Record<string, ControlAction>> {
  return {
    ...commonActions(admin, (body) => faultSchema.parse(body)),
    "POST material": async (body) => ({
      material: (await admin.materialOf(keyAddressSchema.parse(body))).toString("base64"),
    }),
  };
}

/**
 * The admin over HTTP. It asks for the bearer token that only the owner of the data folder can read, so that neither
 * another user of the machine nor a web page can move the clock or read material.
 */
export class ControlApi {
  constructor(
    private readonly actions: Readonly<Record<string, ControlAction>>,
    private readonly token: string,
  ) {}

  async handle(request: ReceivedRequest): Promise<HttpAnswer> {
    if (!this.isAuthorized(request.headers.get("authorization"))) {
      return plainJson(
        { error: "The control API needs the bearer token that stands in endpoint.json or azure.json." },
        401,
      );
    }
    const action = this.actions[`${request.method} ${request.path.slice(controlPrefix.length)}`];
    if (action === undefined) return plainJson({ error: "There is no such control." }, 404);
    try {
      const text = request.body.toString("utf8");
      return plainJson(await action(text === "" ? {} : JSON.parse(text)));
    } catch (error) {
      if (error instanceof z.ZodError) return plainJson({ error: z.prettifyError(error) }, 400);
      if (error instanceof LocalCloudError) return plainJson({ error: error.message }, 403);
      if (error instanceof SyntaxError) return plainJson({ error: "The body is not JSON." }, 400);
      throw error;
    }
  }

  private isAuthorized(header: string | undefined): boolean {
    const given = Buffer.from(header ?? "");
    const wanted = Buffer.from(`Bearer ${this.token}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}
