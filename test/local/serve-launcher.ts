import { serveLocal } from "../../provider/local";

/** A program of its own for the tests: `node serve-launcher.js DATA_DIR [azure]`. */
const [, , dataDir, azure] = process.argv;
if (dataDir === undefined) throw new Error("usage: serve-launcher DATA_DIR [azure]");
void serveLocal({
  dataDir,
  json: true,
  prepareWrappingKeys: false,
  ...(azure === "azure" ? { azure: true } : {}),
});
