import { existsSync } from "node:fs";
import path from "node:path";
import { ByokError } from "../model/errors";
import { knownModules } from "./known-modules";

/** What the search looks at; replaced in tests. */
export interface ModuleSearch {
  readonly platform: NodeJS.Platform;
  exists(file: string): boolean;
}

const thisComputer: ModuleSearch = { platform: process.platform, exists: existsSync };

/**
 * The file of a PKCS#11 module that is named by its path or by a short name such as `softhsm2`.
 *
 * @throws ByokError BYOK_TOKEN_MODULE_NOT_FOUND
 */
export function resolveModule(module: string, search: ModuleSearch = thisComputer): string {
  const isPath = module.includes("/") || module.includes("\\");
  if (isPath) {
    const file = path.resolve(module);
    if (search.exists(file)) return file;
    throw new ByokError("BYOK_TOKEN_MODULE_NOT_FOUND", `The PKCS#11 module ${file} does not exist.`, {
      hint: `Correct the path, or write one of the known modules: ${Object.keys(knownModules).join(", ")}.`,
      property: "token.module",
    });
  }
  const known = Object.hasOwn(knownModules, module) ? knownModules[module] : undefined;
  if (known === undefined) {
    throw new ByokError(
      "BYOK_TOKEN_MODULE_NOT_FOUND",
      `"${module}" is neither a path nor the name of a known module.`,
      {
        hint: `Write the path of the module, or one of ${Object.keys(knownModules).join(", ")}.`,
        property: "token.module",
      },
    );
  }
  const candidates = known.paths[search.platform] ?? [];
  const found = candidates.find((candidate) => search.exists(candidate));
  if (found !== undefined) return found;
  const tried = candidates.length === 0 ? `no place is known on ${search.platform}` : `tried ${candidates.join(", ")}`;
  throw new ByokError("BYOK_TOKEN_MODULE_NOT_FOUND", `The PKCS#11 module ${module} is not installed (${tried}).`, {
    hint: known.install,
    property: "token.module",
  });
}
