import { ByokError } from "../model/errors";
import type { Cryptoki } from "./cryptoki";

const firstLineOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.message.split("\n")[0] ?? thrown.name) : "unknown reason";

/**
 * Loads a PKCS#11 module into this process. The object of a module that fails to load is dropped at once: without
 * C_GetFunctionList it stays armed, and the next call on it would end the process.
 *
 * @throws ByokError BYOK_TOKEN_MODULE_BROKEN
 */
export async function loadCryptoki(file: string): Promise<Cryptoki> {
  const { PKCS11 } = await import("pkcs11js").catch((thrown: unknown) => {
    throw new ByokError("BYOK_TOKEN_MODULE_BROKEN", `The package pkcs11js does not load: ${firstLineOf(thrown)}.`, {
      hint: "Build it for this Node.js: `npm rebuild pkcs11js` (needs a C++ compiler and python3).",
    });
  });
  const cryptoki = new PKCS11();
  try {
    cryptoki.load(file);
  } catch (thrown) {
    throw new ByokError(
      "BYOK_TOKEN_MODULE_BROKEN",
      `The PKCS#11 module ${file} does not load: ${firstLineOf(thrown)}.`,
      {
        hint: "The file must be a PKCS#11 library for this processor, and the libraries that it needs must be installed.",
        property: "token.module",
      },
    );
  }
  return cryptoki;
}
