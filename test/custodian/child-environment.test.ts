import { childEnvironment, credentialEnvironment } from "../../provider/custodian/child-environment";
import { thrownBy } from "./doubles/thrown-by";

const token = { module: "softhsm2", label: "byok", pin: "file:./pin" };

describe("the environment of the process that holds a token", () => {
  it("takes the module's own variables", () => {
    expect(childEnvironment({ ...token, environment: { SOFTHSM2_CONF: "/etc/softhsm" } }, {})).toEqual({
      SOFTHSM2_CONF: "/etc/softhsm",
    });
  });

  it.each(["NODE_OPTIONS", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "AWS_ENDPOINT_URL", "SSL_CERT_FILE", "node_options"])(
    "refuses %s as a variable of a module",
    async (name) => {
      const error = await thrownBy(() => childEnvironment({ ...token, environment: { [name]: "x" } }, {}));
      expect(error).toMatchObject({ code: "BYOK_INPUT_INVALID", property: `token.environment.${name}` });
    },
  );

  it("takes the variable of an env: PIN, unless it is one that changes the process", () => {
    expect(childEnvironment({ ...token, pin: "env:MY_PIN" }, { MY_PIN: "1", OTHER: "2" })).toEqual({ MY_PIN: "1" });
    expect(childEnvironment({ ...token, pin: "env:NODE_OPTIONS" }, { NODE_OPTIONS: "--inspect" })).toEqual({});
  });

  it.each([
    ["http://169.254.170.23/v1/credentials", true],
    ["http://[fd00:ec2::23]/v1/credentials", true],
    ["http://localhost:1338/credentials", true],
    ["https://evil.example/credentials", false],
    ["http://169.254.170.23.evil.example/", false],
    ["nonsense", false],
  ])("takes a container's credential agent at %s: %s", (uri, taken) => {
    const own = { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: "token" };
    expect(childEnvironment(token, own)).toEqual(taken ? own : {});
  });

  it("hands over the variables that credentials name, and nothing for a profile", () => {
    const own = { A: "1", B: "2", C: "3" };
    expect(
      credentialEnvironment({ accessKeyId: "env:A", secretAccessKey: "file:b", sessionToken: "env:C" }, own),
    ).toEqual({
      A: "1",
      C: "3",
    });
    expect(credentialEnvironment({ csv: "env:B" }, own)).toEqual({ B: "2" });
    expect(credentialEnvironment({ profile: "env:A" }, own)).toEqual({});
    expect(credentialEnvironment(undefined, own)).toEqual({});
  });
});
