import { ByokError, type ByokErrorCode } from "../model/errors";
import { azureFailure, type AzureFailure } from "./failure-kind";

/** A call, for messages. */
export interface FailedAzureCall {
  /** In words, such as `importing a key`. */
  readonly doing: string;
  /** Host that was asked. */
  readonly host: string;
  /** True: the request held wrapped material, and nothing that Azure echoes of it is ever shown. */
  readonly secret?: boolean;
}

interface Row {
  readonly code: ByokErrorCode;
  readonly what: string;
  readonly hint: string;
  readonly retryable?: boolean;
  /** Azure's own words are added, or only its code where the request was a secret one. */
  readonly quote?: boolean;
}

const later = "Run pulumi up again later.";

/** Meanings by Azure's codes, inner ones first. Source: "Azure Key Vault REST API error codes". */
const rowsByCode: Readonly<Record<string, Row>> = {
  // No permission of anybody's would change that, so it is not told as one that is missing.
  ForbiddenByFirewall: {
    code: "BYOK_AZURE_UNREACHABLE",
    what: "the vault's firewall refuses this machine",
    hint: "Add its address to the vault's network rules, or run where a private endpoint leads to the vault.",
  },
  ForbiddenByConnection: {
    code: "BYOK_AZURE_UNREACHABLE",
    what: "the vault takes no connection from here",
    hint: "Run where a private endpoint leads to the vault.",
  },
  KeyDisabled: {
    code: "BYOK_AZURE_INVALID_STATE",
    what: "the key is disabled",
    hint: "Enable it first.",
  },
  ObjectIsDeletedButRecoverable: {
    code: "BYOK_AZURE_NAME_TAKEN",
    what: "a soft-deleted key has this name",
    hint: "Choose another name, or recover that key.",
  },
  ObjectIsBeingDeleted: {
    code: "BYOK_AZURE_CONFLICT",
    what: "the key is just being deleted",
    hint: later,
    retryable: true,
  },
  ObjectIsBeingRecovered: {
    code: "BYOK_AZURE_CONFLICT",
    what: "the key is just being recovered",
    hint: later,
    retryable: true,
  },
  VaultNotFound: {
    code: "BYOK_AZURE_UNREACHABLE",
    what: "there is no such vault",
    hint: "Correct vault.",
  },
};

const rowsByStatus: Readonly<Record<number, Row>> = {
  400: {
    code: "BYOK_AZURE_REQUEST_INVALID",
    what: "Azure finds the request wrong",
    hint: "Correct the named value.",
    quote: true,
  },
  401: {
    code: "BYOK_AZURE_CREDENTIALS",
    what: "the vault does not accept the token of these credentials",
    hint: "Check that the credentials belong to the tenant that the vault trusts.",
  },
  403: {
    code: "BYOK_AZURE_ACCESS_DENIED",
    what: "the credentials lack the permission",
    hint: "Give them the role Key Vault Crypto Officer (on a Managed HSM: Managed HSM Crypto Officer and Crypto User), or the key permissions in the access policy.",
  },
  404: {
    code: "BYOK_AZURE_NOT_FOUND",
    what: "there is no such key",
    hint: "Type pulumi refresh to see what is still there.",
  },
  409: {
    code: "BYOK_AZURE_CONFLICT",
    what: "the key is just being changed, or its name is taken",
    hint: later,
    retryable: true,
    quote: true,
  },
  429: { code: "BYOK_AZURE_THROTTLED", what: "Azure was called too often", hint: later, retryable: true },
};

/** Turns what a call threw into the one error type. It shows no request, header, token or stack. */
export function mapAzureError(thrown: unknown, call: FailedAzureCall): ByokError {
  if (thrown instanceof ByokError) return thrown;
  const failure = azureFailure(thrown);
  const row = rowFor(failure);
  const isSecret = call.secret === true;
  const quoted = row.quote === true && !isSecret ? quote(failure.message) : "";
  // The innermost code says most. It is a word of Azure's own, and repeats nothing of the request.
  const named =
    row.code === "BYOK_AZURE_FAILED"
      ? failure.codes.find((code) => /^[A-Z]\w{2,60}$/.test(code))
      : row.quote === true && isSecret
        ? failure.codes.filter((code) => /^[A-Z][A-Za-z]{2,60}$/.test(code)).at(-1)
        : undefined;
  const reference = named === undefined ? "" : ` (${named})`;
  return new ByokError(row.code, `${capital(call.doing)} failed at ${call.host}: ${row.what}${reference}.${quoted}`, {
    hint: row.hint,
    retryable: row.retryable ?? false,
  });
}

function rowFor(failure: AzureFailure): Row {
  const named = [...failure.codes].reverse().find((code) => Object.hasOwn(rowsByCode, code));
  const row = named === undefined ? undefined : rowsByCode[named];
  if (row !== undefined) return row;
  const byStatus = failure.status === undefined ? undefined : rowsByStatus[failure.status];
  if (byStatus !== undefined) return byStatus;
  switch (failure.kind) {
    case "untrusted":
      return {
        code: "BYOK_AZURE_TLS_UNTRUSTED",
        what: "its certificate was issued by an authority that is not trusted, or names another host",
        hint: "If a proxy of your company inspects TLS, name its certificate authority in the group's tls.caFile and in the source group's allowedTargets. NODE_EXTRA_CA_CERTS does not count here.",
      };
    case "unsent":
      return {
        code: "BYOK_AZURE_UNREACHABLE",
        what: "it cannot be reached",
        hint: "Check the vault's name and the network, and whether a private endpoint is needed.",
        retryable: true,
      };
    case "signIn":
      // MSAL's word for an authority that it cannot reach, and for one that knows no such tenant.
      if (failure.message.includes("endpoints_resolution_error"))
        return {
          code: "BYOK_AZURE_CREDENTIALS",
          what: "Microsoft Entra ID cannot be reached there, or knows no such tenant",
          hint: "Check tenantId, the network and its proxy, and endpoint.authority where it is set.",
        };
      return {
        code: "BYOK_AZURE_CREDENTIALS",
        what: signInWords(failure.message),
        hint: "Check the credentials of the group, or sign in (az login).",
      };
    case "unclear":
      return {
        code: "BYOK_AZURE_UNREACHABLE",
        what: "it gave no answer that can be used",
        hint: later,
        retryable: true,
      };
    default:
      return {
        code: "BYOK_AZURE_FAILED",
        what: "Azure refused the call",
        hint: "Look the code up in Azure's documentation.",
      };
  }
}

/** Of what Microsoft Entra ID says only its own code is told: the text may quote identifiers of the request. */
function signInWords(message: string): string {
  const code = /\bAADSTS\d{4,8}\b/.exec(message)?.[0];
  return code === undefined
    ? "no token could be had for the credentials"
    : `Microsoft Entra ID gave no token (${code})`;
}

const MAX_QUOTE = 300;

function quote(message: string): string {
  const words = message
    .replace(/[^\P{C}]+/gu, " ")
    .trim()
    .slice(0, MAX_QUOTE);
  return words === "" ? "" : ` Azure says: ${words}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
