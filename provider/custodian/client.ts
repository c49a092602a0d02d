import path from "node:path";
import type { z } from "zod";
import type { AzureConnection } from "../model/azure-connection";
import { ByokError, type ByokErrorCode } from "../model/errors";
import type { CopyLink, CustodianPort, ImportRequest } from "../model/ports/custodian";
import type { TokenConnection } from "../model/token";
import {
  azureCredentialEnvironment,
  childEnvironment,
  credentialEnvironment,
  type Environment,
} from "./child-environment";
import { startChild, type ChildLink, type ChildSettings } from "./child-link";
import { recentReading, type RecentReading } from "./recent-reading";
import { oneShotOperations, operationSchemas, type OperationName } from "./protocol";

/** What a custodian client may be told; everything has a default. */
export interface CustodianDeps {
  /** The provider's environment, of which an allow-list reaches the process that holds the token. Default: `process.env`. */
  readonly environment?: Environment;
  /** Compiled entry of that process. Default: the one of this package. */
  readonly entry?: string;
  /** How long the process may take to start, in milliseconds. Default 20 s. */
  readonly startTimeoutMs?: number;
  /** How long {@link OpenCustodian.end} lets a step in flight go on, in milliseconds. Default 150 s. */
  readonly endTimeoutMs?: number;
}

/** A custodian and its end. */
export interface OpenCustodian extends CustodianPort {
  /** Process id of the process that holds the token, once one was started. */
  readonly pid: number | undefined;
  /** Ends the process, after the step in flight. No operation may follow. */
  end(): Promise<void>;
}

/**
 * The provider's side of the process that holds a token. The process starts at the first operation; when it dies, every pending
 * operation fails with BYOK_CUSTODIAN_FAILED and the next one starts a new process. It ends with the provider.
 *
 * @example
 * const custodian = openCustodian({ module: "softhsm2", label: "byok", pin: "file:./pin" });
 * const report = await custodian.connect();
 */
export function openCustodian(token: TokenConnection, deps: CustodianDeps = {}): OpenCustodian {
  const environment = deps.environment ?? process.env;
  let link: ChildLink | undefined;
  let ended = false;
  let refusedPin: ByokError | undefined;

  const liveLink = (): ChildLink => {
    if (link?.alive === true) return link;
    if (ended) {
      throw new ByokError("BYOK_CUSTODIAN_FAILED", "The custodian was ended; no operation may follow.");
    }
    // A new process must not try a PIN again that the token refused to the one before: tries are counted, and lock the token.
    if (refusedPin !== undefined) throw refusedPin;
    link = startChild(settings());
    return link;
  };

  const settings = (): ChildSettings => ({
    token,
    entry: deps.entry ?? path.join(__dirname, "child.js"),
    environment: childEnvironment(token, environment),
    startTimeoutMs: deps.startTimeoutMs ?? 20_000,
    endTimeoutMs: deps.endTimeoutMs ?? 150_000,
  });

  /** One-shot processes run one after the other: each logs in for itself. */
  let turn: Promise<unknown> = Promise.resolve();

  /** Material in clear is handled by a process that ends right afterwards, and by no other. */
  const inProcessOfItsOwn: ChildLink["request"] = (...request) => {
    const act = turn.then(async () => {
      // The shared process tries the PIN first, so that a wrong one is tried once, however many wait.
      await call("connect", operationSchemas.connect.result, []);
      if (ended) throw new ByokError("BYOK_CUSTODIAN_FAILED", "The custodian was ended; no operation may follow.");
      const once = startChild({ ...settings(), oneShot: true });
      try {
        return await once.request(...request);
      } finally {
        await once.end();
      }
    });
    turn = act.catch(() => undefined);
    return act;
  };

  const linkFor = (operation: OperationName): ChildLink["request"] =>
    oneShotOperations.includes(operation) ? inProcessOfItsOwn : (...request) => liveLink().request(...request);

  const call = async <R>(
    operation: OperationName,
    result: z.ZodType<R>,
    parameters: readonly unknown[],
    extra: Readonly<Record<string, string>> = {},
  ): Promise<R> => {
    try {
      const answer = result.safeParse(await linkFor(operation)(operation, parameters, extra));
      if (answer.success) return answer.data;
      throw new ByokError("BYOK_INTERNAL", `The custodian's answer to "${operation}" is malformed.`);
    } catch (thrown) {
      const error = ByokError.from(thrown, `The custodian's operation "${operation}"`);
      if (pinRefusals.includes(error.code)) refusedPin = error;
      throw error;
    } finally {
      if (operation !== "links") recentLinks.clear();
    }
  };

  /** By owner; whatever else is asked of the token may write links. */
  const recentLinks = new Map<string, RecentReading<readonly CopyLink[]>>();

  const forTarget = ({ target }: ImportRequest): Record<string, string> =>
    credentialEnvironment(target.connection.credentials, environment);

  const forVault = ({ credentials }: AzureConnection): Record<string, string> =>
    azureCredentialEnvironment(credentials, environment);

  const {
    connect,
    list,
    survey,
    generate,
    rename,
    importInto,
    prove,
    importIntoAzure,
    importInClear,
    proveInAzure,
    exportForAzure,
    inspectFile,
    fingerprintFile,
    unwrapRefusal,
    close,
    destroy,
    holdings,
    discard,
    claim,
    claimant,
    deactivated,
    setDeactivated,
    links,
    noteDeletion,
    noteRevival,
    noteReturning,
  } = operationSchemas;
  return {
    get pid() {
      return link?.pid;
    },
    connect: () => call("connect", connect.result, []),
    list: (owner) => call("list", list.result, owner === undefined ? [] : [owner]),
    survey: () => call("survey", survey.result, []),
    generate: (request) => call("generate", generate.result, [request]),
    rename: (owner, name) => call("rename", rename.result, [owner, name]),
    importInto: (request) => call("importInto", importInto.result, [request], forTarget(request)),
    prove: (request) => call("prove", prove.result, [request], forTarget(request)),
    importIntoAzure: (request) =>
      call("importIntoAzure", importIntoAzure.result, [request], forVault(request.target.connection)),
    importInClear: (request) =>
      call("importInClear", importInClear.result, [request], forVault(request.target.connection)),
    proveInAzure: (request) =>
      call("proveInAzure", proveInAzure.result, [request], forVault(request.target.connection)),
    exportForAzure: (request) =>
      call("exportForAzure", exportForAzure.result, [request], forVault(request.target.connection)),
    inspectFile: (file, spec) => call("inspectFile", inspectFile.result, [file, spec]),
    fingerprintFile: (file, spec, lab) => call("fingerprintFile", fingerprintFile.result, [file, spec, lab]),
    unwrapRefusal: (question) => call("unwrapRefusal", unwrapRefusal.result, [question]),
    close: (version) => call("close", close.result, [version]),
    destroy: (version) => call("destroy", destroy.result, [version]),
    holdings: () => call("holdings", holdings.result, []),
    discard: (kept) => call("discard", discard.result, [kept]),
    claim: (owner, mark) => call("claim", claim.result, [owner, mark]),
    claimant: (owner) => call("claimant", claimant.result, [owner]),
    deactivated: (owner) => call("deactivated", deactivated.result, [owner]),
    setDeactivated: (owner, versions) => call("setDeactivated", setDeactivated.result, [owner, versions]),
    links: (owner, { recent = false } = {}) => {
      const anew = (): Promise<readonly CopyLink[]> => call("links", links.result, [owner]);
      if (!recent) return anew();
      const reading = recentLinks.get(owner) ?? recentReading(anew);
      recentLinks.set(owner, reading);
      return reading.read();
    },
    noteDeletion: (version, arn, deletionDate) =>
      call(
        "noteDeletion",
        noteDeletion.result,
        deletionDate === undefined ? [version, arn] : [version, arn, deletionDate],
      ),
    noteRevival: (version, arn) => call("noteRevival", noteRevival.result, [version, arn]),
    noteReturning: (version, arn, deletionDate) =>
      call(
        "noteReturning",
        noteReturning.result,
        deletionDate === undefined ? [version, arn] : [version, arn, deletionDate],
      ),
    end: async () => {
      ended = true;
      await turn;
      await link?.end();
    },
  };
}

const pinRefusals: readonly ByokErrorCode[] = [
  "BYOK_TOKEN_PIN_INCORRECT",
  "BYOK_TOKEN_PIN_LOCKED",
  "BYOK_TOKEN_PIN_FINAL_TRY",
];
