import type { TokenPort } from "../model/ports/token";
import type { TokenConnection } from "../model/token";
import type { Cryptoki } from "./cryptoki";
import { LiveToken } from "./live-token";
import { loadCryptoki } from "./load-cryptoki";
import { ModuleInstance } from "./module-instance";
import { resolveModule } from "./resolve-module";
import { TokenAdapter } from "./token-adapter";

/** What opening a token needs of its surroundings; tests put a fake module here. */
export interface OpenTokenDependencies {
  /** Finds the file of a module by path or short name. */
  resolve(module: string): string;
  load(file: string): Promise<Cryptoki>;
}

const real: OpenTokenDependencies = { resolve: (module) => resolveModule(module), load: loadCryptoki };

/** Modules of this process by file; they stay loaded until it ends. */
const instances = new Map<string, Promise<ModuleInstance>>();

/**
 * Loads the module, finds the token by label and serial number, and logs in with `pin` (the PIN itself; `connection.pin` is
 * not looked at). It belongs into a process of its own: a fault in a PKCS#11 module ends the process that it is in.
 *
 * @throws ByokError BYOK_TOKEN_MODULE_NOT_FOUND, BYOK_TOKEN_MODULE_BROKEN, BYOK_TOKEN_NOT_FOUND, BYOK_TOKEN_AMBIGUOUS,
 * BYOK_TOKEN_PIN_INCORRECT, BYOK_TOKEN_PIN_FINAL_TRY, BYOK_TOKEN_PIN_LOCKED, BYOK_TOKEN_FAILED
 */
export async function openToken(
  connection: TokenConnection,
  pin: string,
  dependencies: OpenTokenDependencies = real,
): Promise<TokenPort> {
  const file = dependencies.resolve(connection.module);
  // Some modules read their configuration as soon as they are loaded.
  Object.assign(process.env, connection.environment ?? {});
  const instance =
    dependencies === real ? await sharedInstance(file) : new ModuleInstance(file, await dependencies.load(file));
  return new TokenAdapter(await LiveToken.connect(instance, connection, pin));
}

function sharedInstance(file: string): Promise<ModuleInstance> {
  const known = instances.get(file);
  if (known !== undefined) return known;
  const loading = loadCryptoki(file).then((cryptoki) => new ModuleInstance(file, cryptoki));
  instances.set(file, loading);
  loading.catch(() => instances.delete(file));
  return loading;
}
