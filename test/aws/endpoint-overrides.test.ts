import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ignoredEndpointOverrides,
  metadataServiceIsRedirected,
  usesInstanceMetadata,
} from "../../provider/aws/endpoint-overrides";
import { ignoredOverrides } from "../../provider/aws/ignored-overrides";

const folder = mkdtempSync(join(tmpdir(), "byok-aws-config-"));
const AWS_CONFIG_FILE = join(folder, "config");
const AWS_SHARED_CREDENTIALS_FILE = join(folder, "credentials");

beforeAll(() => {
  writeFileSync(
    AWS_CONFIG_FILE,
    [
      "[default]",
      "region = eu-central-1",
      "# endpoint_url = http://commented",
      "[profile lab]",
      "endpoint_url = http://decoy",
      "use_fips_endpoint = true",
      '[profile "quoted name"]',
      "services = mine",
      "[services mine]",
      "s3 =",
      "  endpoint_url = http://decoy",
      "kms =",
      "  endpoint_url = http://decoy",
      "[profile ignoring]",
      "endpoint_url = http://decoy",
      "ignore_configured_endpoint_urls = true",
      "[profile on-instance]",
      "role_arn = arn:aws:iam::111122223333:role/x",
      "source_profile = base",
      "ec2_metadata_service_endpoint = http://decoy",
      "[profile base]",
      "role_arn = arn:aws:iam::111122223333:role/y",
      "credential_source = Ec2InstanceMetadata",
    ].join("\n"),
  );
  writeFileSync(AWS_SHARED_CREDENTIALS_FILE, "[shared]\naws_access_key_id = AKIA\nendpoint_url = http://decoy\n");
});

afterAll(() => rmSync(folder, { recursive: true }));

const files = { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE };

describe("endpoint overrides that do not count", () => {
  it("are found in the environment", () => {
    const env = {
      ...files,
      AWS_ENDPOINT_URL: "http://decoy",
      AWS_ENDPOINT_URL_KMS: "http://decoy",
      AWS_ENDPOINT_URL_S3: "http://decoy",
      AWS_USE_FIPS_ENDPOINT: "true",
      AWS_USE_DUALSTACK_ENDPOINT: "false",
      AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://decoy",
    };
    expect(ignoredEndpointOverrides({}, env)).toEqual([
      "AWS_ENDPOINT_URL",
      "AWS_ENDPOINT_URL_KMS",
      "AWS_USE_FIPS_ENDPOINT",
      "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    ]);
  });

  it.each([
    ["lab", ["use_fips_endpoint of profile lab", "endpoint_url of profile lab"]],
    ["quoted name", ["services (kms endpoint_url) of profile quoted name"]],
    ["ignoring", []],
    ["shared", ["endpoint_url of profile shared"]],
    ["missing", []],
  ])("are found in the profile %s", (profile, expected) => {
    expect(ignoredEndpointOverrides({ credentials: { profile } }, files)).toEqual(expected);
    expect(ignoredEndpointOverrides({}, { ...files, AWS_PROFILE: profile })).toEqual(expected);
  });

  it("are told in one line, or not at all", () => {
    expect(ignoredOverrides({}, files)).toEqual([]);
    const env = { ...files, AWS_ENDPOINT_URL: "http://decoy", AWS_ENDPOINT_URL_STS: "http://decoy" };
    const lines = ignoredOverrides({}, env);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS are ignored");
    expect(lines[0]).not.toContain("decoy");
  });
});

describe("another instance metadata service", () => {
  it("is noticed in the environment and in the current profile", () => {
    expect(metadataServiceIsRedirected(files)).toBe(false);
    expect(metadataServiceIsRedirected({ ...files, AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://decoy" })).toBe(true);
    expect(metadataServiceIsRedirected({ ...files, AWS_PROFILE: "on-instance" })).toBe(true);
  });

  it("matters to profiles that lead to the instance's credentials, over others too", () => {
    expect(usesInstanceMetadata("on-instance", files)).toBe(true);
    expect(usesInstanceMetadata("lab", files)).toBe(false);
  });
});
