import { canonicalJson } from "../lifecycle/same-json";

/** Opens one port for each distinct connection and hands the same one to everybody who asks for it again. */
export class SharedConnections<Connection, Port> {
  private readonly opened = new Map<string, Port>();

  constructor(private readonly openPort: (connection: Connection) => Port) {}

  get(connection: Connection): Port {
    const key = canonicalJson(connection);
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
