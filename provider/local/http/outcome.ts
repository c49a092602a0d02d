/** What goes back to the client. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `drop` closes the connection, `hang` keeps it open for ever. */
export type Outcome = HttpAnswer | "drop" | "hang";

/** JSON for everything that is no AWS service. */
export function plainJson(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  const fixed = { "content-type": "application/json; charset=utf-8", "cache-control": "no-cache, no-store" };
  return { status, headers: { ...fixed, ...headers }, body: JSON.stringify(body) };
}
