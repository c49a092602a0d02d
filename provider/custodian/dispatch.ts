import type { z } from "zod";
import { ByokError } from "../model/errors";
import type { CustodianPort } from "../model/ports/custodian";
import { fingerprintFile, inspectFile } from "./material";
import type { FileAdapters, OperationContext } from "./operation-context";
import { claim, claimant } from "./operations/claim-key";
import { destroy } from "./operations/destroy-version";
import { exportForAzure } from "./operations/export-for-azure";
import { importInto } from "./operations/import-into";
import { importInClear } from "./operations/import-in-clear";
import { importIntoAzure } from "./operations/import-into-azure";
import { proveInAzure } from "./operations/prove-in-azure";
import { close, connect, generate, list, rename, survey, unwrapRefusal } from "./operations/manage-versions";
import { discard, holdings } from "./operations/kept-material";
import { deactivated, setDeactivated } from "./operations/deactivate-versions";
import { prove } from "./operations/prove-copy";
import { links, noteDeletion, noteReturning, noteRevival } from "./operations/track-copies";
import { operationSchemas, type OperationName } from "./protocol";

/** Parses an operation's parameters, runs it, and lets out nothing but what its schema lists. */
export type Operation = (context: OperationContext, parameters: unknown) => Promise<unknown>;

/** Every operation by its name. */
export const operations: { readonly [Name in OperationName]: Operation } = {
  connect: operation("connect", operationSchemas.connect, connect),
  list: operation("list", operationSchemas.list, list),
  survey: operation("survey", operationSchemas.survey, survey),
  generate: writing(operation("generate", operationSchemas.generate, generate)),
  rename: writing(operation("rename", operationSchemas.rename, rename)),
  importInto: operation("importInto", operationSchemas.importInto, importInto),
  prove: operation("prove", operationSchemas.prove, prove),
  importIntoAzure: operation("importIntoAzure", operationSchemas.importIntoAzure, importIntoAzure),
  importInClear: operation("importInClear", operationSchemas.importInClear, importInClear),
  proveInAzure: operation("proveInAzure", operationSchemas.proveInAzure, proveInAzure),
  exportForAzure: operation("exportForAzure", operationSchemas.exportForAzure, exportForAzure),
  inspectFile: operation("inspectFile", operationSchemas.inspectFile, inspectFile),
  fingerprintFile: operation("fingerprintFile", operationSchemas.fingerprintFile, fingerprintFile),
  unwrapRefusal: operation("unwrapRefusal", operationSchemas.unwrapRefusal, unwrapRefusal),
  close: writing(operation("close", operationSchemas.close, close)),
  destroy: writing(operation("destroy", operationSchemas.destroy, destroy)),
  holdings: operation("holdings", operationSchemas.holdings, holdings),
  discard: writing(operation("discard", operationSchemas.discard, discard)),
  claim: operation("claim", operationSchemas.claim, claim),
  claimant: operation("claimant", operationSchemas.claimant, claimant),
  deactivated: operation("deactivated", operationSchemas.deactivated, deactivated),
  setDeactivated: operation("setDeactivated", operationSchemas.setDeactivated, setDeactivated),
  links: operation("links", operationSchemas.links, links),
  noteDeletion: operation("noteDeletion", operationSchemas.noteDeletion, noteDeletion),
  noteRevival: operation("noteRevival", operationSchemas.noteRevival, noteRevival),
  noteReturning: operation("noteReturning", operationSchemas.noteReturning, noteReturning),
};

/** Operations that need neither the token nor its PIN, so that they run where a preview has none. */
export const withoutToken: {
  readonly [Name in OperationName]?: (context: FileAdapters, parameters: unknown) => Promise<unknown>;
} = {
  inspectFile: operation<FileAdapters, Parameters<CustodianPort["inspectFile"]>, string>(
    "inspectFile",
    operationSchemas.inspectFile,
    inspectFile,
  ),
};

function operation<C extends FileAdapters, P extends readonly unknown[], R>(
  name: OperationName,
  schemas: { readonly parameters: z.ZodType<P>; readonly result: z.ZodType<R> },
  run: (context: C, ...parameters: P) => Promise<R>,
): (context: C, parameters: unknown) => Promise<unknown> {
  return async (context, raw) => {
    const parameters = schemas.parameters.safeParse(raw);
    if (!parameters.success) throw malformed(name, parameters.error);
    return schemas.result.parse(await run(context, ...parameters.data));
  };
}

/** Keys may have changed, also where the operation failed: nobody who asks from now on is answered from what was read before. */
function writing(run: Operation): Operation {
  return async (context, parameters) => {
    try {
      return await run(context, parameters);
    } finally {
      context.recentKeys.outdate();
    }
  };
}

/** Names the places, never the values: a request may carry what must not be repeated. */
function malformed(name: OperationName, error: z.ZodError): ByokError {
  const places = error.issues.map(({ path }) => path.slice(1).map(String).join(".") || "the request").join(", ");
  return new ByokError(
    "BYOK_INPUT_INVALID",
    `The custodian's operation "${name}" was asked with a malformed ${places}.`,
    {
      hint: "Correct the input of that name.",
    },
  );
}
