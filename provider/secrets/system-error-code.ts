/** The code of a system error, such as `ENOENT`; errors of Node itself are not always instances of this realm's Error. */
export function systemErrorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
