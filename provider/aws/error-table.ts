import type { ByokErrorCode } from "../model/errors";

/** What an error of AWS means to the user. `{action}`, `{region}` and `{host}` stand for the call at hand. */
export interface ErrorRow {
  readonly code: ByokErrorCode;
  /** What happened, continuing "<action> in Region <region> failed: ". */
  readonly what: string;
  readonly hint: string;
  readonly retryable?: true;
  /** True where AWS's own words help and cannot hold anything secret. */
  readonly quote?: true;
}

const credentialsHint =
  "Check the credentials of the group: the profile, the references, or the environment that pulumi runs in.";

const later = "Try again.";

const notValid: ErrorRow = {
  code: "BYOK_AWS_CREDENTIALS",
  what: "AWS does not know these credentials",
  hint: credentialsHint,
};

const expired: ErrorRow = {
  code: "BYOK_AWS_CREDENTIALS",
  what: "the credentials have expired",
  hint: "Sign in again (for a profile: aws sso login --profile NAME), or renew the session token.",
};

const denied: ErrorRow = {
  code: "BYOK_AWS_ACCESS_DENIED",
  what: "the caller has no permission {action}",
  hint: "Allow {action} in the caller's IAM policy or in the key policy.",
};

const throttled: ErrorRow = {
  code: "BYOK_AWS_THROTTLED",
  what: "AWS answers that it was called too often, and waiting did not help",
  hint: "Others may use up the account's quota. Try again, or set a lower rate in the group's quotas.",
  retryable: true,
};

const internal: ErrorRow = {
  code: "BYOK_AWS_FAILED",
  what: "AWS had a fault of its own",
  hint: later,
  retryable: true,
};

const tokenExpired: ErrorRow = {
  code: "BYOK_AWS_IMPORT_TOKEN_EXPIRED",
  what: "the import token is no longer valid",
  hint: "Try again: every attempt fetches a new one.",
  retryable: true,
};

const materialRejected = (what: string, hint: string): ErrorRow => ({
  code: "BYOK_AWS_MATERIAL_REJECTED",
  what,
  hint,
});

const badRequest: ErrorRow = {
  code: "BYOK_AWS_REQUEST_INVALID",
  what: "AWS finds the request wrong",
  hint: "Correct the named value.",
  quote: true,
};

/** Meanings by AWS error name. Sources: the "Errors" of each operation in the AWS KMS, STS and Tagging API references. */
export const errorsByName: Readonly<Record<string, ErrorRow>> = {
  AccessDenied: denied,
  AccessDeniedException: denied,
  AlreadyExistsException: {
    code: "BYOK_AWS_ALREADY_EXISTS",
    what: "a resource of that name exists already",
    hint: "Choose another name, or remove the one that is there.",
    quote: true,
  },
  ConflictException: {
    code: "BYOK_AWS_INVALID_STATE",
    what: "the key is just being changed by somebody else",
    hint: later,
    retryable: true,
  },
  DependencyTimeoutException: internal,
  DisabledException: {
    code: "BYOK_AWS_INVALID_STATE",
    what: "the key is disabled",
    hint: "Enable the key first.",
  },
  ExpiredImportTokenException: tokenExpired,
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  IncompleteSignature: notValid,
  IncorrectKeyMaterialException: materialRejected(
    "this KMS key holds, or held before, other material, and takes no other",
    "A KMS key takes back only the material that it was first given. Make a new key for other material.",
  ),
  InvalidAliasNameException: { ...badRequest, what: "AWS does not take this alias name" },
  InvalidArnException: { ...badRequest, what: "AWS does not take this ARN" },
  InvalidCiphertextException: materialRejected(
    "AWS could not unwrap the material",
    "The token's wrapping differs from what AWS expects. Connect the source group again, so that its abilities are probed anew.",
  ),
  InvalidClientTokenId: notValid,
  InvalidImportTokenException: tokenExpired,
  InvalidKeyUsageException: {
    code: "BYOK_AWS_REQUEST_INVALID",
    what: "the key's usage does not allow this",
    hint: "Choose a usage that fits the key type.",
    quote: true,
  },
  InvalidSignatureException: notValid,
  KMSInternalException: internal,
  KMSInvalidStateException: {
    code: "BYOK_AWS_INVALID_STATE",
    what: "the key is in a state that does not allow this",
    hint: "Type pulumi refresh to see its state.",
    quote: true,
  },
  LimitExceededException: {
    code: "BYOK_AWS_LIMIT_EXCEEDED",
    what: "a limit of the account or of the key is reached",
    hint: "Remove what is no longer needed, or ask AWS for a higher limit (Service Quotas).",
    quote: true,
  },
  MalformedPolicyDocumentException: {
    code: "BYOK_AWS_POLICY_REFUSED",
    what: "AWS refuses the key policy",
    hint: "Check its principals (they must exist), and that it still allows the caller to change it.",
    quote: true,
  },
  MissingAuthenticationToken: notValid,
  MissingAuthenticationTokenException: notValid,
  NotFoundException: {
    code: "BYOK_AWS_NOT_FOUND",
    what: "there is no such key or alias",
    hint: "Type pulumi refresh to see what is still there.",
    quote: true,
  },
  OptInRequired: {
    code: "BYOK_AWS_REGION_UNKNOWN",
    what: "the account has not opted in to Region {region}",
    hint: "Enable the Region in the account, or choose another.",
  },
  RegionDisabledException: {
    code: "BYOK_AWS_REGION_UNKNOWN",
    what: "Region {region} is disabled in the account",
    hint: "Enable the Region in the account, or choose another.",
  },
  RequestExpired: {
    code: "BYOK_AWS_CREDENTIALS",
    what: "the clock of this machine is wrong",
    hint: "Set the clock; AWS accepts a few minutes of difference.",
  },
  SignatureDoesNotMatch: {
    code: "BYOK_AWS_CREDENTIALS",
    what: "the secret access key does not fit the access key id",
    hint: credentialsHint,
  },
  TagException: { ...badRequest, what: "AWS does not take these tags" },
  ThrottlingException: throttled,
  TooManyRequestsException: throttled,
  UnrecognizedClientException: notValid,
  UnsupportedOperationException: {
    code: "BYOK_AWS_REQUEST_INVALID",
    what: "AWS does not support this for this key",
    hint: "The key's origin, type or Region rules it out.",
    quote: true,
  },
  ValidationException: badRequest,
};

/** For errors that the tables do not name, by what is known of the answer. */
export const errorsOtherwise = {
  throttled,
  internal,
  noAnswer: {
    code: "BYOK_AWS_UNREACHABLE",
    what: "{host} gave no answer",
    hint: later,
    retryable: true,
  },
  unknown: {
    code: "BYOK_AWS_FAILED",
    what: "AWS refused the call",
    hint: "Look the error name up in AWS's documentation of the call.",
  },
} as const satisfies Readonly<Record<string, ErrorRow>>;

const untrusted: ErrorRow = {
  code: "BYOK_AWS_TLS_UNTRUSTED",
  what: "the certificate of {host} was issued by an authority that is not trusted",
  hint:
    "If a proxy of your company inspects TLS, or the endpoint is private, name its certificate authority in the group's " +
    "tls.caFile and in the source group's allowedTargets. NODE_EXTRA_CA_CERTS does not count here.",
};

const handshake: ErrorRow = {
  code: "BYOK_AWS_TLS_UNTRUSTED",
  what: "no TLS connection to {host} came about",
  hint: "Check that the endpoint speaks TLS 1.2 or newer, and whether it asks for a client certificate (tls.clientCertFile).",
};

const outdated: ErrorRow = {
  code: "BYOK_AWS_TLS_UNTRUSTED",
  what: "the certificate of {host} is not valid today",
  hint: "Renew the endpoint's certificate, or set the clock of this machine.",
};

const unreachable: ErrorRow = {
  code: "BYOK_AWS_UNREACHABLE",
  what: "{host} cannot be reached",
  hint: "Check the network, the proxy settings (HTTPS_PROXY, NO_PROXY) and the endpoint.",
  retryable: true,
};

/** Meanings by the code of Node or OpenSSL. */
export const errorsByCode: Readonly<Record<string, ErrorRow>> = {
  CERT_HAS_EXPIRED: outdated,
  CERT_NOT_YET_VALID: outdated,
  CERT_UNTRUSTED: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  EAI_AGAIN: { ...unreachable, what: "the name {host} cannot be looked up" },
  ECONNREFUSED: { ...unreachable, what: "nothing answers at {host}" },
  ENOTFOUND: { ...unreachable, what: "there is no host {host}", hint: "Check the endpoint and the name server." },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: "BYOK_AWS_TLS_UNTRUSTED",
    what: "the certificate that {host} shows was issued for another name",
    hint: "Use the name in the certificate as endpoint. The check of the name cannot be switched off.",
  },
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
};

/** What a missing name of a published host means: most often the Region itself does not exist. */
export const regionNotFound: ErrorRow = {
  code: "BYOK_AWS_REGION_UNKNOWN",
  what: "there is no host {host}, so Region {region} may not exist",
  hint: "Check the name of the Region, and whether this machine can look up names of the internet.",
};

/** For TLS failures that the table does not name. */
export const tlsOtherwise = handshake;

/** For network failures that the table does not name. */
export const networkOtherwise = unreachable;
