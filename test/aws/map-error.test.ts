import { ProxyFailure } from "../../provider/network/proxy-agent";
import { mapAwsError, type FailedCall } from "../../provider/aws/map-error";
import { ByokError, byokErrorCodes } from "../../provider/model/errors";
import { errorsByCode, errorsByName } from "../../provider/aws/error-table";
import { awsError, networkError } from "./fake-aws";

const call: FailedCall = {
  api: "CreateKey",
  region: "eu-central-1",
  host: "kms.eu-central-1.amazonaws.com",
  published: true,
};

describe("errors of AWS", () => {
  it.each(Object.entries(errorsByName))("%s has a stable code, a sentence and a remedy", (name, row) => {
    const error = mapAwsError(awsError(name), call);
    expect(error.code).toBe(row.code);
    expect(byokErrorCodes).toContain(error.code);
    expect(error.message).toMatch(/^kms:CreateKey in Region eu-central-1 failed: .+\.$/);
    expect(error.sentence).not.toMatch(/[{}]|undefined/);
    expect(error.hint).toMatch(/\.$/);
  });

  it.each(Object.entries(errorsByCode))("%s is told with the host", (code, row) => {
    const error = mapAwsError(networkError(code), { ...call, published: false });
    expect(error.code).toBe(row.code);
    expect(error.message).toContain(call.host);
  });

  it("names the permission, the caller and the reason when access is denied, and nothing else of AWS's words", () => {
    const words =
      "User: arn:aws:sts::111122223333:assumed-role/ci/run-7 is not authorized to perform: kms:CreateKey on resource: " +
      "arn:aws:kms:eu-central-1:111122223333:key/* because no identity-based policy allows the kms:CreateKey action";
    const error = mapAwsError(awsError("AccessDeniedException", words), call);
    expect(error.message).toBe(
      "kms:CreateKey in Region eu-central-1 failed: the caller has no permission kms:CreateKey. " +
        "The caller is arn:aws:sts::111122223333:assumed-role/ci/run-7. AWS's reason: no identity-based policy allows it.",
    );
    expect(error.hint).toBe("Allow kms:CreateKey in the caller's IAM policy or in the key policy.");
    const deny = mapAwsError(
      awsError("AccessDeniedException", "because of x because with an explicit deny in a service control policy"),
      call,
    );
    expect(deny.message).not.toContain("because of x");
  });

  it("quotes AWS on a refused policy, within limits", () => {
    const error = mapAwsError(
      awsError("MalformedPolicyDocumentException", `invalid\u001b[31m principal ${"x".repeat(500)}`),
      call,
    );
    expect(error.message).toContain("AWS says: invalid [31m principal xxx");
    expect(error.message.length).toBeLessThan(500);
  });

  it("never quotes AWS on calls that carry material, nor on credentials", () => {
    const echo = "Value 'c2VjcmV0' at 'encryptedKeyMaterial' failed";
    expect(
      mapAwsError(awsError("ValidationException", echo), { ...call, api: "ImportKeyMaterial" }).message,
    ).not.toContain("c2VjcmV0");
    for (const name of [
      "SignatureDoesNotMatch",
      "ExpiredTokenException",
      "UnrecognizedClientException",
      "SomethingNew",
    ]) {
      expect(mapAwsError(awsError(name, "AWS4-HMAC-SHA256 Credential=AKIA"), call).sentence).not.toContain("AKIA");
    }
  });

  it("takes a missing published host for a Region that does not exist, and another for a wrong endpoint", () => {
    expect(mapAwsError(networkError("ENOTFOUND"), call).code).toBe("BYOK_AWS_REGION_UNKNOWN");
    expect(mapAwsError(networkError("ENOTFOUND"), { ...call, published: false }).code).toBe("BYOK_AWS_UNREACHABLE");
  });

  it("gives the request id of an error that it does not know", () => {
    const error = mapAwsError(awsError("SomethingNew", "words"), call);
    expect(error.code).toBe("BYOK_AWS_FAILED");
    expect(error.message).toContain("(SomethingNew)");
    expect(error.hint).toContain("req-1");
  });

  it("does not take a made-up name for a table entry", () => {
    expect(mapAwsError(awsError("constructor"), call).code).toBe("BYOK_AWS_FAILED");
    expect(mapAwsError(networkError("toString"), call).code).toBe("BYOK_AWS_UNREACHABLE");
  });

  it("speaks of certificates, timeouts and proxies", () => {
    expect(mapAwsError(networkError("SELF_SIGNED_CERT_IN_CHAIN"), call).hint).toContain("tls.caFile");
    expect(mapAwsError(networkError("ERR_SSL_WRONG_VERSION_NUMBER"), call).code).toBe("BYOK_AWS_TLS_UNTRUSTED");
    expect(mapAwsError(networkError("ETIMEDOUT"), call)).toMatchObject({
      code: "BYOK_AWS_UNREACHABLE",
      retryable: true,
    });
    expect(mapAwsError(new ProxyFailure("proxy:3128", "status 407"), call).message).toContain(
      "the proxy proxy:3128 made no connection",
    );
    const missing = Object.assign(new Error("secret output"), { name: "CredentialsProviderError" });
    expect(mapAwsError(missing, call)).toMatchObject({ code: "BYOK_AWS_CREDENTIALS", property: "credentials" });
  });

  it("leaves an error of ours as it is", () => {
    const ours = new ByokError("BYOK_REFERENCE_UNRESOLVED", "no");
    expect(mapAwsError(ours, call)).toBe(ours);
  });
});
