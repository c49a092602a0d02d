import {
  PartialFailure,
  type CheckFailure,
  type CheckResult,
  type Lifecycle,
  type LifecycleContext,
  type PlainRecord,
} from "../lifecycle/contract";
import { ByokError } from "../model/errors";
import { hasUnknown } from "../model/unknown";
import { callContext } from "./call-context";
import { folded, unfolded } from "./carried-records";
import { engineFailure, type KeptState } from "./engine-failure";
import type { Runtime } from "./runtime";
import { migrate, SCHEMA_VERSION } from "./schema-version";
import { withSecretsMarked } from "./secret-outputs";
import type { StackConfig } from "./named-secrets";
import { fromWire, toWire, type WireRecord } from "./wire-values";

/** What the dynamic-provider server calls. Records are as it read them from protobuf, `__provider` included. */
export interface HostedLifecycle {
  configure(request: { readonly config: StackConfig }): void;
  check(olds: PlainRecord, news: PlainRecord): Promise<{ inputs: WireRecord; failures: CheckFailure[] }>;
  diff(
    id: string,
    olds: PlainRecord,
    news: PlainRecord,
  ): Promise<{ changes: boolean; replaces: string[]; deleteBeforeReplace: false }>;
  create(inputs: PlainRecord): Promise<{ id: string; outs: WireRecord }>;
  read(
    id: string,
    outputs: PlainRecord,
  ): Promise<{ id: string; props: WireRecord; inputs: WireRecord } | Record<string, never>>;
  update(id: string, olds: PlainRecord, news: PlainRecord): Promise<{ outs: WireRecord }>;
  delete(id: string, outputs: PlainRecord): Promise<void>;
}

/** A made thing whose outputs have to reach the state, whatever else goes wrong. */
interface Made {
  readonly id: string;
  readonly outputs: PlainRecord;
}

/**
 * Puts a lifecycle under Pulumi's dynamic-provider server and cures what the server gets wrong, for every kind in the same way:
 * unknown values, values that cannot be serialised, partial failures, `__provider`, schema versions, stack traces and secrets in messages.
 */
export function hostLifecycle(lifecycle: Lifecycle, runtime: Runtime): HostedLifecycle {
  let config: StackConfig | undefined;

  /** Runs one operation; whatever it raises leaves as one sentence. */
  const operation = <T>(name: string, self: unknown, act: (context: LifecycleContext) => Promise<T>): Promise<T> =>
    runtime.life.run(async () => {
      try {
        return await act(callContext(runtime, config, self));
      } catch (thrown) {
        if (thrown instanceof Kept) throw engineFailure(sentence(thrown.failure), thrown.kept);
        const failure = thrown instanceof PartialFailure ? thrown.failure : thrown;
        throw engineFailure(sentence(ByokError.from(failure, `${lifecycle.kind}.${name}`)));
      } finally {
        await runtime.engine.flush();
      }
    });
  const sentence = (failure: ByokError): string =>
    runtime.redactor.redact(opened(failure.property ?? "", failure.codedSentence));

  /** Outputs for the state; what cannot be serialised fails the operation, but never loses what was made. */
  const recorded = (made: Made, provider: unknown): WireRecord => {
    const { record, problems } = forState(lifecycle, made.outputs, provider, "refused");
    if (problems.length === 0) return record;
    throw new Kept({ id: made.id, properties: record }, unserialisable(lifecycle.kind, "outputs", problems));
  };

  /** Runs a step that may make something, and keeps what it made when it fails. */
  const making = async <T>(provider: unknown, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (thrown) {
      if (!(thrown instanceof PartialFailure)) throw thrown;
      throw new Kept(
        { id: thrown.id, properties: forState(lifecycle, thrown.outputs, provider, "refused").record },
        thrown.failure,
      );
    }
  };

  /** A failed check is a complaint as well, so that it stands where all others stand. */
  const checked = async (context: LifecycleContext, olds: PlainRecord, news: PlainRecord): Promise<CheckResult> => {
    try {
      return await lifecycle.check(context, received(lifecycle, olds), received(lifecycle, news));
    } catch (thrown) {
      const failure = ByokError.from(thrown, `${lifecycle.kind}.check`);
      return {
        inputs: {},
        failures: [{ property: failure.property ?? "", reason: failure.codedSentence }],
      };
    }
  };

  return {
    // The server caches this object before it awaits `configure`, so calls may come at once: nothing here is asynchronous.
    configure: (request) => {
      config = request.config;
    },

    check: (olds, news) =>
      operation("check", news["self"] ?? olds["self"], async (context) => {
        const result = await checked(context, olds, news);
        const { record, problems } = forState(lifecycle, result.inputs, news["__provider"], "allowed");
        if (problems.length > 0) throw unserialisable(lifecycle.kind, "checked inputs", problems);
        return { inputs: record, failures: result.failures.map((failure) => complaint(runtime, failure)) };
      }),

    diff: (id, olds, news) =>
      operation("diff", news["self"], async (context) => {
        const result = await lifecycle.diff(context, id, received(lifecycle, olds), received(lifecycle, news));
        const outdated = lifecycle.stateForm?.isOutdated(olds) === true;
        if (outdated && !result.changes)
          context.log.info(
            "stands in the state as an earlier version wrote it: it is written anew, and no cloud is called.",
          );
        // Read and delete run the string in the outputs, and only an update rewrites those.
        const changes = result.changes || outdated || olds["__provider"] !== news["__provider"];
        return { changes, replaces: [...result.replaces], deleteBeforeReplace: false };
      }),

    create: (inputs) =>
      operation("create", inputs["self"], async (context) => {
        const provider = inputs["__provider"];
        runtime.life.mayProceed();
        const made = await making(provider, () => lifecycle.create(context, wanted(lifecycle, inputs)));
        return { id: made.id, outs: recorded(made, provider) };
      }),

    read: (id, outputs) =>
      operation("read", outputs["self"], async (context) => {
        const found = await lifecycle.read(context, id, received(lifecycle, outputs));
        if (found === undefined) return {};
        const provider = outputs["__provider"];
        const props = forState(lifecycle, found.outputs, provider, "refused");
        const inputs = forState(lifecycle, found.inputs, provider, "refused");
        const problems = [...props.problems, ...inputs.problems];
        if (problems.length > 0) throw unserialisable(lifecycle.kind, "outputs", problems);
        return { id, props: props.record, inputs: inputs.record };
      }),

    update: (id, olds, news) =>
      operation("update", news["self"], async (context) => {
        const provider = news["__provider"];
        runtime.life.mayProceed();
        const outputs = await making(provider, () =>
          lifecycle.update(context, id, received(lifecycle, olds), wanted(lifecycle, news)),
        );
        return { outs: recorded({ id, outputs }, provider) };
      }),

    delete: (id, outputs) =>
      operation("delete", outputs["self"], async (context) => {
        runtime.life.mayProceed();
        await lifecycle.delete(context, id, received(lifecycle, outputs));
      }),
  };
}

/** A failure after which something exists. */
class Kept extends Error {
  constructor(
    readonly kept: KeptState,
    readonly failure: ByokError,
  ) {
    super(failure.message);
  }
}

/** What a lifecycle sees of a record that the engine sent. */
function received({ kind, stateForm }: Lifecycle, record: PlainRecord): PlainRecord {
  const { __provider: _provider, ...fields } = fromWire(record);
  const unpacked = unfolded(kind, migrate(kind, fields));
  // Without a version it is as the program wrote it, which leaves out what it means to leave out.
  return stateForm === undefined || fields["schemaVersion"] === undefined ? unpacked : stateForm.complete(unpacked);
}

/** Inputs that something is going to be made from: the engine resolves every unknown before that. */
function wanted(lifecycle: Lifecycle, record: PlainRecord): PlainRecord {
  const inputs = received(lifecycle, record);
  if (!hasUnknown(inputs)) return inputs;
  throw new ByokError("BYOK_INTERNAL", `${lifecycle.kind} was asked to act on values that are not known yet.`, {
    hint: "Please report this with the program that leads to it.",
  });
}

/** Names that a record cannot have: the engine swallows the first two, the host owns the others. */
const RESERVED = ["id", "urn"];

function forState(
  { kind, stateForm }: Lifecycle,
  record: PlainRecord,
  provider: unknown,
  unknowns: "allowed" | "refused",
): { record: WireRecord; problems: readonly string[] } {
  const { record: fields, problems } = toWire(folded(kind, stateForm?.compact(record) ?? record), unknowns);
  const reserved = RESERVED.filter((name) => name in fields);
  return {
    record: {
      ...withSecretsMarked(kind, fields),
      schemaVersion: SCHEMA_VERSION,
      ...(typeof provider === "string" ? { __provider: provider } : {}),
    },
    problems: [...problems, ...reserved.map((name) => `${name} is a name that Pulumi keeps for itself`)],
  };
}

function unserialisable(kind: string, what: string, problems: readonly string[]): ByokError {
  return new ByokError(
    "BYOK_INTERNAL",
    `The ${what} of ${kind} cannot be written into the state: ${problems.join(", ")}.`,
    {
      hint: "Please report this.",
    },
  );
}

/**
 * The engine prints the value of the property that a failure names, a mistyped PIN included. So the failure names none, and
 * the path opens the sentence.
 */
function complaint(runtime: Runtime, failure: CheckFailure): CheckFailure {
  const { property, reason } = failure;
  return { property: "", reason: runtime.redactor.redact(opened(property, reason)) };
}

/** A sentence that begins with the property that is to blame. */
const opened = (property: string, sentence: string): string =>
  property === "" || sentence.startsWith(property) ? sentence : `${property}: ${sentence}`;
