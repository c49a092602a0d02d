import { AwsError, accessDenied, notFound } from "../aws-error";
import { type ExtraContext, authorizeKey } from "../policy/authorize";
import type { KeyRecord } from "../store/records";
import type { RecordView } from "../store/record-view";
import type { Call } from "./call";

interface Lookup {
  /** Whether the operation takes an alias name or alias ARN too. */
  readonly aliases?: boolean;
  /** Whether the operation works on a key of another account ("Cross-account use: Yes"). */
  readonly crossAccount?: boolean;
  /** The permission asked for; `kms:` and the operation's name when unset. */
  readonly action?: string;
  /** False where IAM alone decides, never the key's policy. */
  readonly askKeyPolicy?: boolean;
  readonly context?: ExtraContext;
  /** Where to look; the present store when unset. */
  readonly view?: RecordView;
}

const keyIdPattern = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;

/** Finds the key that a request names and checks that the caller may do this to it. */
export function requireKey(call: Call, reference: string, lookup: Lookup = {}): KeyRecord {
  const key = findKey(call, reference, lookup);
  if (key.account !== call.caller.accountId && lookup.crossAccount !== true) {
    throw accessDenied(`${call.operation} does not work on a key in a different account.`);
  }
  if (lookup.askKeyPolicy === false) return key;
  authorizeKey(call, lookup.action ?? `kms:${call.operation}`, key, {
    "kms:RequestAlias": reference.includes("alias/") ? reference.slice(reference.indexOf("alias/")) : undefined,
    ...lookup.context,
  });
  return key;
}

function findKey(call: Call, reference: string, lookup: Lookup): KeyRecord {
  const view = lookup.view ?? call.cloud.store;
  const { account, kind, id } = parseReference(call, reference);
  if (kind === "alias" && lookup.aliases !== true) throw notFound(`Invalid keyId '${reference}'`);
  const keyId = kind === "alias" ? view.alias(account, call.region, id)?.targetKeyId : id;
  const arn = `arn:aws:kms:${call.region}:${account}:${kind === "alias" ? id : `key/${id}`}`;
  const key = keyId === undefined ? undefined : view.key(account, call.region, keyId);
  if (key !== undefined) return key;
  if (account !== call.caller.accountId) {
    throw accessDenied(
      `User: ${call.caller.arn} is not authorized to perform: kms:${call.operation} on resource: ${arn} because the ` +
        "resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
    );
  }
  throw notFound(kind === "alias" ? `Alias ${arn} is not found.` : `Key '${arn}' does not exist`);
}

interface Reference {
  readonly account: string;
  readonly kind: "key" | "alias";
  readonly id: string;
}

function parseReference(call: Call, reference: string): Reference {
  const own = call.caller.accountId;
  if (reference.startsWith("alias/")) return { account: own, kind: "alias", id: reference };
  if (!reference.startsWith("arn:")) {
    if (!keyIdPattern.test(reference)) throw notFound(`Invalid keyId '${reference}'`);
    return { account: own, kind: "key", id: reference };
  }
  const parts = /^arn:(aws):kms:([a-z0-9-]+):(\d{12}):(key\/|alias\/)(.+)$/.exec(reference);
  const [, , region, account, kind, rest] = parts ?? [];
  if (region === undefined || account === undefined || kind === undefined || rest === undefined) {
    throw new AwsError("InvalidArnException", `Invalid arn ${reference}`);
  }
  // Recorded from the service: an ARN of another Region is refused with the Region's name alone.
  if (region !== call.region) throw notFound(`Invalid arn ${region}`);
  if (kind === "alias/") return { account, kind: "alias", id: `alias/${rest}` };
  if (!keyIdPattern.test(rest)) throw notFound(`Invalid keyId '${rest}'`);
  return { account, kind: "key", id: rest };
}
