import { ByokError } from "../model/errors";
import type { TokenConnection } from "../model/token";
import type { OperationName } from "./protocol";

/** Operations in words, for messages. */
const doing: Readonly<Record<OperationName, string>> = {
  connect: "connecting to the token",
  list: "listing keys",
  survey: "listing keys",
  generate: "generating a key",
  rename: "renaming a key",
  importInto: "importing key material",
  prove: "proving a copy",
  importIntoAzure: "importing key material",
  importInClear: "importing key material",
  proveInAzure: "proving a copy",
  exportForAzure: "writing a .byok file",
  inspectFile: "looking at a file",
  fingerprintFile: "looking at a file",
  unwrapRefusal: "testing what the token unwraps",
  close: "closing a key version",
  destroy: "destroying a key version",
  holdings: "listing what lies in the token",
  discard: "destroying kept material",
  claim: "remembering whose a key is",
  claimant: "reading whose a key is",
  deactivated: "reading which versions are deactivated",
  setDeactivated: "deactivating versions",
  links: "reading the links to copies",
  noteDeletion: "noting the deletion of a copy",
  noteRevival: "noting that a copy stays",
  noteReturning: "noting how far the recovery of a copy is",
};

const changes: Readonly<Record<OperationName, boolean>> = {
  connect: false,
  list: false,
  survey: false,
  generate: true,
  rename: true,
  importInto: true,
  prove: true,
  importIntoAzure: true,
  importInClear: true,
  proveInAzure: false,
  exportForAzure: true,
  inspectFile: false,
  fingerprintFile: false,
  unwrapRefusal: false,
  close: true,
  destroy: true,
  holdings: false,
  discard: true,
  claim: true,
  claimant: false,
  deactivated: false,
  setDeactivated: true,
  links: false,
  noteDeletion: true,
  noteRevival: true,
  noteReturning: true,
};

/** The failure of an operation whose process is gone; `how` continues "The process that holds the token …". */
export function lostCustodian(token: TokenConnection, operation: OperationName, how: string): ByokError {
  const name = token.label ?? token.serial ?? token.module;
  const outcome = changes[operation]
    ? " Nothing is known about the outcome; the next run looks at the token and the cloud as they are."
    : "";
  return new ByokError(
    "BYOK_CUSTODIAN_FAILED",
    `The process that holds the token "${name}" ${how} during ${doing[operation]}.${outcome}`,
    {
      hint: "Run again: a new process is started. If it happens each time, the PKCS#11 module crashes; check its version and its own log.",
      step: doing[operation],
      retryable: true,
    },
  );
}
