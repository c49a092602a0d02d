import { randomUUID } from "node:crypto";
import { type HttpAnswer, plainJson } from "../../http/outcome";

/** A refusal of the token endpoint (RFC 6749 section 5.2) with the number that Entra puts before its text. */
export class EntraError extends Error {
  constructor(
    readonly error: string,
    readonly number: number,
    message: string,
    readonly status = 400,
  ) {
    super(message);
    this.name = "EntraError";
  }

  toAnswer(now: number): HttpAnswer {
    const trace = randomUUID();
    const timestamp = new Date(now).toISOString().replace("T", " ").slice(0, 19).concat("Z");
    return plainJson(
      {
        error: this.error,
        error_description: `AADSTS${String(this.number)}: ${this.message} Trace ID: ${trace} Timestamp: ${timestamp}`,
        error_codes: [this.number],
        timestamp,
        trace_id: trace,
        correlation_id: randomUUID(),
      },
      this.status,
    );
  }
}
