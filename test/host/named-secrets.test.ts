import { configValues, environmentSecrets } from "../../provider/host/named-secrets";

const config = { get: (key: string): string | undefined => (key === "byok:secret" ? "value" : undefined) };

describe("configured values of a connection", () => {
  it("are those that its credentials refer to, by namespace and key", () => {
    const credentials = {
      accessKeyId: "config:byok:missing",
      secretAccessKey: "config:byok:secret",
      sessionToken: "env:TOKEN",
    };
    expect(configValues({ region: "eu-central-1", credentials }, config)).toEqual({ "byok:secret": "value" });
  });

  it.each([
    ["no credentials", { region: "eu-central-1" }],
    ["a profile, whatever its name", { region: "eu-central-1", credentials: { profile: "config:byok:secret" } }],
    ["a literal", { region: "eu-central-1", credentials: { csv: "AKIA…" } }],
  ])("are none with %s", (_what, connection) => {
    expect(configValues(connection, config)).toEqual({});
  });

  it("are none before the engine configured the provider", () => {
    expect(configValues({ region: "eu-central-1", credentials: { csv: "config:byok:secret" } }, undefined)).toEqual({});
  });
});

describe("secrets in the environment", () => {
  const env = (name: string): string | undefined => ({ PIN: "1234", AWS_SECRET_ACCESS_KEY: "chain" })[name];

  it("are the PIN of a token that refers to one, and what AWS's chain reads", () => {
    expect(environmentSecrets({ module: "softhsm2", label: "t", pin: "env:PIN" }, env)).toEqual(["1234", "chain"]);
  });

  it("are those that credentials refer to", () => {
    expect(environmentSecrets({ region: "eu-central-1", credentials: { csv: "env:PIN" } }, env)).toEqual([
      "1234",
      "chain",
    ]);
  });
});
