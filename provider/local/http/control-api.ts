import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { type LocalAdmin, durationSchema, keyAddressSchema } from "../admin";
import { LocalCloudError } from "../options";
import { type HttpAnswer, jsonAnswer } from "./answers";
import { faultSchema } from "./faults";
import type { ReceivedRequest } from "./request";

export const controlPrefix = "/_local/";

type Action = (admin: LocalAdmin, body: unknown) => Promise<unknown>;

/** `METHOD name` under `/_local/`, and what it does. */
const actions: Readonly<Record<string, Action>> = {
  "GET clock": async (admin) => ({ now: (await admin.now()).toISOString() }),
  "POST clock/advance": async (admin, body) => ({
    now: (await admin.advanceClock(durationSchema.parse(body))).toISOString(),
  }),
  "POST faults": async (admin, body) => ({ id: await admin.injectFault(faultSchema.parse(body)) }),
  "DELETE faults": async (admin) => {
    await admin.clearFaults();
    return {};
  },
  "GET requests": async (admin) => ({ requests: await admin.requestLog() }),
  "DELETE requests": async (admin) => {
    await admin.clearLog();
    return {};
  },
  "GET counters": async (admin) => ({ counters: await admin.counters() }),
  "POST material": async (admin, body) => ({
    material: (await admin.materialOf(keyAddressSchema.parse(body))).toString("base64"),
  }),
  "GET padded-imports": async (admin) => ({ imports: await admin.paddedImports() }),
};

/**
 * The admin over HTTP. It asks for the bearer token that only the owner of the data folder can read, so that neither
 * another user of the machine nor a web page can move the clock or read material.
 */
export class ControlApi {
  constructor(
    private readonly admin: LocalAdmin,
    private readonly token: string,
  ) {}

  async handle(request: ReceivedRequest): Promise<HttpAnswer> {
    if (!this.isAuthorized(request.headers.get("authorization"))) {
      return jsonAnswer({ error: "The control API needs the bearer token that stands in endpoint.json." }, 401);
    }
    const action = actions[`${request.method} ${request.path.slice(controlPrefix.length)}`];
    if (action === undefined) return jsonAnswer({ error: "There is no such control." }, 404);
    try {
      const text = request.body.toString("utf8");
      return jsonAnswer(await action(this.admin, text === "" ? {} : JSON.parse(text)));
    } catch (error) {
      if (error instanceof z.ZodError) return jsonAnswer({ error: z.prettifyError(error) }, 400);
      if (error instanceof LocalCloudError) return jsonAnswer({ error: error.message }, 403);
      if (error instanceof SyntaxError) return jsonAnswer({ error: "The body is not JSON." }, 400);
      throw error;
    }
  }

  private isAuthorized(header: string | undefined): boolean {
    const given = Buffer.from(header ?? "");
    const wanted = Buffer.from(`Bearer ${this.token}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}
