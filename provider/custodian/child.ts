import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { caDigests } from "../network/ca-digests";
import { openKmsImport } from "../aws/open-kms-import";
import { openKeyVaultImport } from "../azure/open-key-vault-import";
import { openToken } from "../hsm/open-token";
import { resolveReference } from "../secrets/resolve-reference";
import { readFileOf } from "../secrets/secret-file";
import { writeOwnFile } from "../secrets/written-file";
import { serveToken } from "./serve-token";

// Entry of the process that holds a token; openCustodian starts it. Nothing in environment, arguments or configuration reaches what
// stands here, the clock least of all: links are over by it.
serveToken({
  resolvePin: (reference) => resolveReference(reference, { configValues: {} }),
  openToken: (connection, pin) => openToken(connection, pin),
  openKmsImport: (connection, deps) => Promise.resolve(openKmsImport(connection, deps)),
  openKeyVaultImport: (connection, deps) => Promise.resolve(openKeyVaultImport(connection, deps)),
  caDigests,
  readFile: readFileOf,
  writeFile: writeOwnFile,
  clock: () => new Date(),
  random: randomBytes,
  wait: (milliseconds) => wait(milliseconds),
});
