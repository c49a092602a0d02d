import { azureVersionsIn } from "../../model/azure-key-versions";
import { ByokError } from "../../model/errors";
import type { PlainRecord } from "../contract";
import { azureMaterialIn } from "./byok-material";

/**
 * The refusal to take `material.publicKey` away while the version that it was named for was not found to have it: without one nothing is compared, and the
 * version would be enabled. Undefined where another file makes another version, or nothing is taken away.
 *
 * @param olds - outputs
 * @param news - checked inputs with the version that is due
 */
export function unprovenRefusal(olds: PlainRecord, news: PlainRecord): ByokError | undefined {
  const [before, now] = [azureMaterialIn(olds), azureMaterialIn(news)];
  if (before === undefined || now === undefined || !("byok" in before && "byok" in now)) return undefined;
  if (before.publicKey === undefined || now.publicKey !== undefined || olds["version"] !== news["version"])
    return undefined;
  const version = azureVersionsIn(olds).findLast(({ version: number }) => number === olds["version"]);
  if (version === undefined || version.provedAt !== undefined) return undefined;
  return new ByokError(
    "BYOK_COPY_DIFFERS",
    `material.publicKey cannot be removed: ${version.id} was not found to have the public key that it names, and without one it would be enabled as it is.`,
    {
      property: "material.publicKey",
      hint: "Name the right public key, or another file, which makes another version. Nothing was changed.",
    },
  );
}
