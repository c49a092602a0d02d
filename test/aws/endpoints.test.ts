import { endpointUrls } from "../../provider/aws/endpoints";

describe("the endpoints of a connection", () => {
  it("are the partition's published hosts", () => {
    expect(endpointUrls({ region: "eu-central-1" })).toEqual({
      kms: "https://kms.eu-central-1.amazonaws.com",
      sts: "https://sts.eu-central-1.amazonaws.com",
      tagging: "https://tagging.eu-central-1.amazonaws.com",
      iam: "https://iam.amazonaws.com",
    });
    expect(endpointUrls({ region: "us-gov-west-1" }).iam).toBe("https://iam.us-gov.amazonaws.com");
    expect(endpointUrls({ region: "cn-north-1" }).kms).toBe("https://kms.cn-north-1.amazonaws.com.cn");
  });

  it("never lead from a KMS on this machine to a real cloud", () => {
    const kms = "https://127.0.0.1:8443";
    expect(endpointUrls({ region: "eu-central-1", endpoint: { kms } })).toEqual({ kms, sts: kms });
  });

  it("keep the published STS beside a private KMS endpoint, and no tagging service", () => {
    const kms = "https://vpce-1.kms.eu-central-1.vpce.amazonaws.com";
    const sts = "https://sts.eu-central-1.amazonaws.com";
    expect(endpointUrls({ region: "eu-central-1", endpoint: { kms } })).toEqual({ kms, sts });
  });

  it("are refused for a Region that is none, and for URLs that are none", () => {
    expect(() => endpointUrls({ region: "frankfurt" })).toThrow("frankfurt is not the name of an AWS Region");
    for (const kms of ["kms.example.net", "ftp://x", "https://user:secret@x"]) {
      expect(() => endpointUrls({ region: "eu-central-1", endpoint: { kms } })).toThrow("endpoint.kms is not an http");
    }
  });
});
