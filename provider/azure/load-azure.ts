// The SDKs take longer to load than a preview of unchanged keys, so each is loaded when it is first used.
// A CommonJS module under node16 resolution keeps import() native, which neither runs synchronously nor under every test runner.
/* eslint-disable @typescript-eslint/no-require-imports, @typescript-eslint/no-unsafe-return */

/** `@azure/keyvault-keys`. */
export const loadKeys = (): typeof import("@azure/keyvault-keys") => require("@azure/keyvault-keys");

/** `@azure/identity`. */
export const loadIdentity = (): typeof import("@azure/identity") => require("@azure/identity");

/** `@azure/arm-keyvault`. */
export const loadArm = (): typeof import("@azure/arm-keyvault") => require("@azure/arm-keyvault");
