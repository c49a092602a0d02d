// The SDK takes about as long to load as a whole preview of unchanged keys, so each part is loaded when it is first used.
// A CommonJS module under node16 resolution keeps import() native, which neither runs synchronously nor under every test runner.
/* eslint-disable @typescript-eslint/no-require-imports, @typescript-eslint/no-unsafe-return */

/** The variable with which the SDK is kept from warning about the version of Node. */
export const SDK_QUIET = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";

/** `@aws-sdk/client-iam`. */
export const loadIam = (): typeof import("@aws-sdk/client-iam") => quietly(() => require("@aws-sdk/client-iam"));

/** `@aws-sdk/client-kms`. */
export const loadKms = (): typeof import("@aws-sdk/client-kms") => quietly(() => require("@aws-sdk/client-kms"));

/** `@aws-sdk/client-sts`. */
export const loadSts = (): typeof import("@aws-sdk/client-sts") => quietly(() => require("@aws-sdk/client-sts"));

/** `@aws-sdk/client-resource-groups-tagging-api`. */
export const loadTagging = (): typeof import("@aws-sdk/client-resource-groups-tagging-api") =>
  quietly(() => require("@aws-sdk/client-resource-groups-tagging-api"));

/** `@aws-sdk/credential-providers`. */
export const loadCredentialProviders = (): typeof import("@aws-sdk/credential-providers") =>
  quietly(() => require("@aws-sdk/credential-providers"));

/** `@smithy/node-http-handler`. */
export const loadHttpHandler = (): typeof import("@smithy/node-http-handler") =>
  quietly(() => require("@smithy/node-http-handler"));

/** A client of the SDK warns about the version of Node on standard error, where it would look like a failure of Pulumi. */
function quietly<T>(load: () => T): T {
  process.env[SDK_QUIET] ??= "true";
  return load();
}
