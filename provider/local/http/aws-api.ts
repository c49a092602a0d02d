import { AwsError, unsupported } from "../aws-error";
import type { Call, Cloud } from "../kms/call";
import { settle } from "../kms/due-events";
import { noteUse } from "../kms/last-usage";
import { kmsOperations } from "../kms/registry";
import { RequestReader } from "../kms/request-reader";
import type { Caller } from "../policy/identity";
import { answerSts } from "../services/get-caller-identity";
import { answerTagging } from "../services/get-resources";
import { answerIam } from "../services/simulate-principal-policy";
import { errorAnswer, jsonAnswer } from "./answers";
import type { Fault, FaultEffect, Faults } from "./faults";
import type { HttpAnswer, Outcome } from "./outcome";
import type { QuotaKeeper } from "./quotas";
import type { ReceivedRequest } from "./request";
import type { RequestLog, RequestLogEntry } from "./request-log";
import { isQueryService, type Target, targetOf } from "./services";
import { type SigningIdentity, verifySignature } from "./sigv4";

export interface KnownIdentity extends SigningIdentity {
  readonly caller: Caller;
}

interface Parts {
  readonly cloud: Cloud;
  readonly identities: ReadonlyMap<string, KnownIdentity>;
  readonly faults: Faults<Fault>;
  readonly log: RequestLog<RequestLogEntry>;
  readonly quotas: QuotaKeeper;
  readonly realNow: () => number;
}

/** One AWS request from signature to answer. */
export class AwsApi {
  constructor(private readonly parts: Parts) {}

  async handle(request: ReceivedRequest): Promise<Outcome> {
    const { cloud, log } = this.parts;
    const time = new Date(cloud.clock.now()).toISOString();
    let target: Target | undefined;
    let call: Call | undefined;
    let keyId: string | null = null;
    let outcome: Outcome;
    let failure: AwsError | undefined;
    try {
      target = targetOf(request);
      call = this.authenticate(request, target);
      keyId = namedKey(call);
      const effect = this.parts.faults.take({
        operation: call.operation,
        account: call.caller.accountId,
        region: call.region,
        keyId,
      });
      outcome = await this.withEffect(effect, call, target, request);
      keyId ??= createdKey(outcome);
    } catch (error) {
      failure = error instanceof AwsError ? error : new AwsError("KMSInternalException", "", 500);
      if (!(error instanceof AwsError)) process.emitWarning(error instanceof Error ? error : String(error));
      outcome = errorAnswer(failure, target?.service);
    }
    log.add({
      time,
      service: target?.service ?? "unknown",
      operation: target?.operation ?? "unknown",
      account: call?.caller.accountId ?? null,
      region: call?.region ?? null,
      keyId,
      status: typeof outcome === "string" ? null : outcome.status,
      error: failure?.code ?? null,
    });
    return outcome;
  }

  private authenticate(request: ReceivedRequest, target: Target): Call {
    const { cloud, identities, realNow } = this.parts;
    const { service, operation } = target;
    const regions = isQueryService(service) ? [...cloud.settings.regions, "us-east-1"] : cloud.settings.regions;
    const identityOf = (accessKeyId: string): KnownIdentity | undefined => identities.get(accessKeyId);
    const { identity, region } = verifySignature(request, { service, regions, identityOf, now: realNow() });
    const now = cloud.clock.now();
    settle(cloud.store, now);
    return {
      cloud,
      operation,
      region,
      caller: identity.caller,
      sourceIp: request.sourceIp,
      secure: request.secure,
      now,
      input: new RequestReader(isQueryService(service) ? {} : readJson(request.body)),
      view: cloud.store.delayed(cloud.settings.eventualConsistencyMs),
    };
  }

  private async withEffect(
    effect: FaultEffect | undefined,
    call: Call,
    target: Target,
    request: ReceivedRequest,
  ): Promise<Outcome> {
    switch (effect?.kind) {
      case undefined:
        return this.answer(call, target, request);
      case "error":
        throw new AwsError(effect.code, effect.message, effect.status, effect.retryAfter);
      case "status":
        return { status: effect.status, headers: { "content-type": "text/plain" }, body: "" };
      case "slow":
        await new Promise((resolve) => setTimeout(resolve, effect.milliseconds));
        return this.answer(call, target, request);
      case "drop":
      case "hang":
        // The operation happens, or fails, as if nobody had cut the line: its answer is what gets lost.
        if (effect.when === "after") await this.answer(call, target, request).catch(() => undefined);
        return effect.kind;
    }
  }

  private async answer(call: Call, target: Target, request: ReceivedRequest): Promise<HttpAnswer> {
    if (target.service === "sts") return answerSts(target.operation, call.caller);
    if (target.service === "iam") {
      const callers = [...this.parts.identities.values()].map(({ caller }) => caller);
      return answerIam(call, request.body.toString("utf8"), callers);
    }
    if (target.service === "tagging") return jsonAnswer(answerTagging(call));
    const operation = kmsOperations.get(target.operation);
    if (operation === undefined) throw new AwsError("UnknownOperationException", "", 400);
    if (call.input.has("Recipient")) throw unsupported("Attestation documents are not available here.");
    if (!this.parts.quotas.take(`${call.caller.accountId}/${call.region}`, target.operation)) {
      throw new AwsError(
        "ThrottlingException",
        "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
      );
    }
    const answered = await operation(call);
    noteUse(call, answered);
    return jsonAnswer(answered);
  }
}

function readJson(body: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = body.length === 0 ? {} : JSON.parse(body.toString("utf8"));
  } catch {
    throw new AwsError("SerializationException", "The request is not JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new AwsError("SerializationException", "The request is not a structure.");
  return Object.fromEntries(Object.entries(value));
}

const keyMembers = ["KeyId", "TargetKeyId", "SourceKeyId", "DestinationKeyId"];

/** The id of the key that a request names, an alias resolved, for the log and for faults. */
function namedKey({ input, cloud, caller, region }: Call): string | null {
  const name = keyMembers.find((member) => input.has(member));
  const reference = name === undefined ? undefined : input.text(name);
  if (reference === undefined) return null;
  const rest = reference.startsWith("arn:") ? reference.slice(reference.lastIndexOf(":") + 1) : reference;
  if (rest.startsWith("alias/")) return cloud.store.alias(caller.accountId, region, rest)?.targetKeyId ?? null;
  return rest.replace(/^key\//, "");
}

/** CreateKey and ReplicateKey name no key, or another Region's, in the request: the answer does. */
function createdKey(outcome: Outcome): string | null {
  if (typeof outcome === "string") return null;
  return /^\{"KeyMetadata":\{.*?"KeyId":"([^"]+)"/.exec(outcome.body)?.[1] ?? null;
}
