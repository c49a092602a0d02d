import fc from "fast-check";
import type { AwsConnection } from "../../provider/model/aws-connection";
import type { AwsTargetEntry } from "../../provider/model/source-rules";
import { refuseTarget, targetFacts } from "../../provider/model/trust";

const account = "123456789012";
const region = "eu-central-1";
const genuineHost = `kms.${region}.amazonaws.com`;
const digest = "ab".repeat(32);

const facts = (
  connection: Partial<AwsConnection> = {},
  digests: readonly string[] = [],
): ReturnType<typeof targetFacts> => targetFacts({ region, ...connection, account }, digests);
const decide = (
  connection: Partial<AwsConnection>,
  digests: readonly string[],
  allowedTargets: readonly AwsTargetEntry[],
  lab = false,
): ReturnType<typeof refuseTarget> => {
  const target = facts(connection, digests);
  if (target === undefined) throw new Error("no target");
  return refuseTarget(target, { allowedTargets, lab });
};
const entry = (extra: object = {}): AwsTargetEntry => ({ aws: { account, regions: [region], ...extra } });
const endpoint = (kms: string): Partial<AwsConnection> => ({ endpoint: { kms } });

describe("what kind of place a connection leads to", () => {
  it.each([
    [{}, [], "genuine"],
    [endpoint(`https://${genuineHost}`), [], "genuine"],
    [endpoint(`https://${genuineHost}:8443`), [], "private"],
    [endpoint(`http://${genuineHost}`), [], "private"],
    [{}, [digest], "private"],
    [endpoint("https://kms.internal"), [], "private"],
    [endpoint("https://kms.us-east-1.amazonaws.com"), [], "private"],
    [endpoint("https://127.0.0.1:4566"), [], "local"],
    [endpoint("https://127.9.9.9"), [digest], "local"],
    [endpoint("http://localhost:1"), [], "local"],
    [endpoint("https://[::1]:9"), [], "local"],
    [endpoint("https://127.0.0.1.evil.example"), [], "private"],
    [endpoint("https://localhost.evil.example"), [], "private"],
    [{ endpoint: { sts: "https://sts.evil.example" } }, [], "private"],
    [{ endpoint: { iam: "https://iam.evil.example" } }, [], "private"],
    [{ endpoint: { iam: "https://iam.amazonaws.com" } }, [], "genuine"],
    [{ endpoint: { tagging: "https://127.0.0.1:1" } }, [], "private"],
    [{ endpoint: { kms: "https://127.0.0.1:1", sts: "https://sts.evil.example" } }, [], "private"],
    [{ endpoint: { sts: `https://sts.${region}.amazonaws.com` } }, [], "genuine"],
  ] as readonly [Partial<AwsConnection>, readonly string[], string][])(
    "%j with CAs %j is %s",
    (connection, digests, kind) => {
      expect(facts(connection, digests)?.kind).toBe(kind);
    },
  );

  it("cannot tell a target for a name that is no Region", () => {
    expect(targetFacts({ region: "nowhere", account }, [])).toBeUndefined();
  });
});

describe("trust of targets", () => {
  it("lets a key go to the genuine cloud of a named account and Region only", () => {
    expect(decide({}, [], [entry()])).toBeUndefined();
    expect(decide({}, [], [])).toBeDefined();
    expect(decide({}, [], [{ aws: { account: "999999999999", regions: [region] } }])).toBeDefined();
    expect(decide({}, [], [{ aws: { account, regions: ["us-east-1"] } }])).toBeDefined();
  });

  it("prints the line that would permit the target, and that line does", () => {
    const refusal = decide(endpoint("https://kms.internal"), [digest], []);
    expect(refusal?.hint).toBe(
      `Add to allowedTargets: { aws: { account: "${account}", regions: ["${region}"], host: "kms.internal", caSha256: "${digest}" } }`,
    );
    expect(
      decide(endpoint("https://kms.internal"), [digest], [entry({ host: "kms.internal", caSha256: digest })]),
    ).toBeUndefined();
  });

  it("does not take the entry of the genuine cloud for a proxy with a CA of its own", () => {
    expect(decide({}, [digest], [entry()])).toBeDefined();
    expect(decide({}, [digest], [entry({ host: genuineHost, caSha256: digest })])).toBeUndefined();
    expect(decide({}, ["cd".repeat(32)], [entry({ host: genuineHost, caSha256: digest })])).toBeDefined();
  });

  it("refuses a CA file that holds one more authority than the entry names", () => {
    expect(decide({}, [digest, "cd".repeat(32)], [entry({ host: genuineHost, caSha256: digest })])).toBeDefined();
  });

  it("needs lab for a local cloud, and keeps lab keys out of every other", () => {
    expect(decide(endpoint("https://127.0.0.1:1"), [digest], [], true)).toBeUndefined();
    expect(
      decide(endpoint("https://127.0.0.1:1"), [digest], [entry({ host: "127.0.0.1:1", caSha256: digest })]),
    ).toBeDefined();
    expect(decide({}, [], [entry()], true)).toBeDefined();
  });

  it("never sends material over plain HTTP off this machine", () => {
    expect(decide(endpoint("http://kms.internal"), [], [entry({ host: "kms.internal" })])?.refused).toContain(
      "does not use TLS",
    );
  });

  it("never lets a key out without lab or a fitting entry, whatever the endpoint", () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ["https", "http"] }), fc.boolean(), (url, custom) => {
        const target = facts(endpoint(url), custom ? [digest] : []);
        expect(target === undefined || refuseTarget(target, { allowedTargets: [], lab: false }) !== undefined).toBe(
          true,
        );
      }),
    );
  });
});
