import { ByokError } from "./errors";

/** A parsed reference to a secret. The secret itself never stands in a program, an input or the state. */
export type Reference =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "exec"; readonly command: readonly string[] }
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "config"; readonly key: string };

const envName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const configKey = /^[^:\s]+:[^\s]+$/;

/**
 * Parses `file:PATH`, `exec:COMMAND` (no shell; words split at blanks), `env:NAME` and `config:NAMESPACE:KEY`.
 * A literal secret is refused, and the message never repeats it.
 *
 * @throws ByokError BYOK_REFERENCE_INVALID
 */
export function parseReference(text: string): Reference {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? "" : text.slice(0, colon);
  const rest = text.slice(colon + 1);
  if (kind === "file" && rest !== "") return { kind, path: rest };
  if (kind === "exec") {
    const command = rest.split(" ").filter((word) => word !== "");
    if (command.length > 0) return { kind, command };
  }
  if (kind === "env" && envName.test(rest)) return { kind, name: rest };
  if (kind === "config" && configKey.test(rest)) return { kind, key: rest };
  throw new ByokError("BYOK_REFERENCE_INVALID", "This must be a reference to a secret, never the secret itself.", {
    hint: 'Write "file:PATH", "exec:COMMAND", "env:NAME", or for cloud credentials also "config:NAMESPACE:KEY".',
  });
}

/** A reference in words, for messages: it names the place and never the value. */
export const describeReference = (reference: Reference): string => {
  switch (reference.kind) {
    case "file":
      return `file ${reference.path}`;
    case "exec":
      return `command ${reference.command[0] ?? ""}`;
    case "env":
      return `environment variable ${reference.name}`;
    case "config":
      return `stack configuration ${reference.key}`;
  }
};
