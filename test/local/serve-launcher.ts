import { serveLocal } from "../../provider/local";

/** A program of its own for the tests: `node serve-launcher.js DATA_DIR`. */
const dataDir = process.argv[2];
if (dataDir === undefined) throw new Error("usage: serve-launcher DATA_DIR");
void serveLocal({ dataDir, json: true, prepareWrappingKeys: false });
