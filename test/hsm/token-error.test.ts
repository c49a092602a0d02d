import { ByokError } from "../../provider/model/errors";
import { CKR, ckrOf, failureOf } from "../../provider/hsm/return-codes";
import { tokenError } from "../../provider/hsm/token-error";

/** As pkcs11js throws from most functions. */
const pkcs11Error = (name: string, code: number): Error =>
  Object.assign(new Error(name), { name: "Pkcs11Error", code });

describe("what pkcs11js throws", () => {
  it("is read from an error with a code", () => {
    expect(ckrOf(pkcs11Error("CKR_PIN_INCORRECT", 160))).toBe(CKR.PIN_INCORRECT);
  });

  it("is read from the text of a plain error", () => {
    expect(ckrOf(new Error("CKR_ATTRIBUTE_READ_ONLY:16\n    at PKCS11.C_SetAttributeValue"))).toBe(
      CKR.ATTRIBUTE_READ_ONLY,
    );
  });

  it("counts by number, because codes newer than v2.40 have no name of their own", () => {
    expect(ckrOf(pkcs11Error("CKR_VENDOR_DEFINED", 27))).toBe(CKR.ACTION_PROHIBITED);
    expect(tokenError(pkcs11Error("CKR_VENDOR_DEFINED", 27), "Trying").message).toContain("CKR_ACTION_PROHIBITED");
  });

  it("is nothing of the token where another error has a number in its text", () => {
    expect(ckrOf(Object.assign(new Error("line:12"), { code: 12 }))).toBeUndefined();
    expect(ckrOf("CKR_GENERAL_ERROR:5")).toBeUndefined();
  });
});

describe("a failure as the user sees it", () => {
  it.each([
    ["PIN_INCORRECT", "BYOK_TOKEN_PIN_INCORRECT", false],
    ["PIN_LOCKED", "BYOK_TOKEN_PIN_LOCKED", false],
    ["DEVICE_MEMORY", "BYOK_TOKEN_FULL", false],
    ["DEVICE_REMOVED", "BYOK_TOKEN_REMOVED", true],
    ["TOKEN_NOT_PRESENT", "BYOK_TOKEN_REMOVED", true],
    ["MECHANISM_INVALID", "BYOK_TOKEN_UNSUPPORTED", false],
    ["CURVE_NOT_SUPPORTED", "BYOK_TOKEN_UNSUPPORTED", false],
    ["KEY_UNEXTRACTABLE", "BYOK_KEY_NOT_EXPORTABLE", false],
    ["KEY_FUNCTION_NOT_PERMITTED", "BYOK_KEY_DRIFTED", false],
    ["GENERAL_ERROR", "BYOK_TOKEN_FAILED", true],
  ] as const)("CKR_%s is %s", (name, code, retryable) => {
    const error = tokenError(pkcs11Error(`CKR_${name}`, CKR[name]), "Generating a key");
    expect(error).toMatchObject({ code, retryable });
    expect(error.message).toMatch(new RegExp(`^Generating a key failed: .*\\(CKR_${name}\\)\\.$`));
    expect(error.hint).toBeTruthy();
  });

  it("names an unknown return value by its number", () => {
    const error = tokenError(pkcs11Error("CKR_VENDOR_DEFINED", 0x80000001), "Wrapping");
    expect(error.code).toBe("BYOK_TOKEN_FAILED");
    expect(error.message).toContain("0x80000001");
  });

  it("keeps the text of a foreign error out", () => {
    expect(tokenError(new TypeError("secret 246810"), "Wrapping").message).not.toContain("246810");
  });

  it("passes an error of ours on as it is", () => {
    const error = new ByokError("BYOK_KEY_DRIFTED", "x");
    expect(tokenError(error, "Wrapping")).toBe(error);
  });
});

describe("what a failure says about the connection", () => {
  it.each([
    ["OBJECT_HANDLE_INVALID", "stale"],
    ["KEY_HANDLE_INVALID", "stale"],
    ["SESSION_HANDLE_INVALID", "lost"],
    ["USER_NOT_LOGGED_IN", "lost"],
    ["CRYPTOKI_NOT_INITIALIZED", "lost"],
    ["PIN_INCORRECT", "refused"],
    ["DEVICE_MEMORY", "refused"],
    ["KEY_UNEXTRACTABLE", "refused"],
  ] as const)("CKR_%s: %s", (name, failure) => {
    expect(failureOf(pkcs11Error(`CKR_${name}`, CKR[name]))).toBe(failure);
  });

  it("is nothing for an error of ours, whatever it quotes", () => {
    expect(failureOf(new ByokError("BYOK_TOKEN_FAILED", "the token says no (CKR_GENERAL_ERROR)."))).toBe("refused");
  });
});
