/** Same keys, same order, nothing undefined: equal connections give equal text. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Opens one port for each distinct connection and hands the same one to everybody who asks for it again. */
export class SharedConnections<Connection, Port> {
  private readonly opened = new Map<string, Port>();

  constructor(private readonly openPort: (connection: Connection) => Port) {}

  get(connection: Connection): Port {
    const key = canonicalText(connection);
    const open = this.opened.get(key);
    if (open !== undefined) return open;
    const port = this.openPort(connection);
    this.opened.set(key, port);
    return port;
  }

  /** Everything that was opened; afterwards it is forgotten. */
  take(): readonly Port[] {
    const ports = [...this.opened.values()];
    this.opened.clear();
    return ports;
  }
}
