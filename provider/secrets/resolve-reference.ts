import { ByokError } from "../model/errors";
import { describeReference, parseReference } from "../model/references";
import type { ReferenceContext } from "./reference-context";
import { readSecretFile } from "./secret-file";
import { runSecretCommand } from "./secret-command";

/**
 * The secret that a reference names. It is read anew on every call; callers keep it in memory only, and only briefly.
 *
 * @throws ByokError BYOK_REFERENCE_INVALID for a literal, BYOK_REFERENCE_UNRESOLVED where there is nothing to read. Neither
 * ever repeats a value.
 */
export async function resolveReference(text: string, context: ReferenceContext): Promise<string> {
  const reference = parseReference(text);
  const env = context.env ?? process.env;
  switch (reference.kind) {
    case "file":
      return refuseEmpty(await readSecretFile(reference.path), describeReference(reference));
    case "exec":
      return refuseEmpty(await runSecretCommand(reference.command, env), describeReference(reference));
    case "env": {
      const value = env[reference.name];
      if (value !== undefined && value !== "") return value;
      throw unresolved(
        `The environment variable ${reference.name} is not set.`,
        `Set ${reference.name} where pulumi runs.`,
      );
    }
    case "config": {
      const value = Object.hasOwn(context.configValues, reference.key)
        ? context.configValues[reference.key]
        : undefined;
      if (value !== undefined && value !== "") return value;
      throw unresolved(
        `The stack configuration has no value for ${reference.key}.`,
        `Type: pulumi config set --secret ${reference.key}`,
      );
    }
  }
}

function refuseEmpty(value: string, place: string): string {
  if (value !== "") return value;
  throw unresolved(`There is nothing in ${place}.`, "Put the secret there, or refer to another place.");
}

function unresolved(message: string, hint: string): ByokError {
  return new ByokError("BYOK_REFERENCE_UNRESOLVED", message, { hint });
}
