import { proxyFor } from "../../provider/network/proxy-for";

const kms = "https://kms.eu-central-1.amazonaws.com";
const proxy = "http://proxy.corp:3128";

describe("the proxy for a target", () => {
  it.each([
    [{ HTTPS_PROXY: proxy }, kms, "proxy.corp:3128"],
    [{ https_proxy: proxy, HTTPS_PROXY: "http://other:1" }, kms, "proxy.corp:3128"],
    [{ HTTPS_PROXY: "proxy.corp:3128" }, kms, "proxy.corp:3128"],
    [{ HTTP_PROXY: proxy }, kms, undefined],
    [{ HTTP_PROXY: proxy }, "http://kms.corp", "proxy.corp:3128"],
    [{ HTTPS_PROXY: proxy, NO_PROXY: "*" }, kms, undefined],
    [{ HTTPS_PROXY: proxy, NO_PROXY: "example.com, .amazonaws.com" }, kms, undefined],
    [{ HTTPS_PROXY: proxy, NO_PROXY: "*.amazonaws.com" }, kms, undefined],
    [{ HTTPS_PROXY: proxy, no_proxy: "AMAZONAWS.com:443" }, kms, undefined],
    [{ HTTPS_PROXY: proxy, NO_PROXY: "amazonaws.com:8443" }, kms, "proxy.corp:3128"],
    [{ HTTPS_PROXY: proxy, NO_PROXY: "aws.com" }, kms, "proxy.corp:3128"],
    [{ HTTPS_PROXY: proxy, npm_config_https_proxy: "http://npm:1" }, kms, "proxy.corp:3128"],
    [{ npm_config_proxy: proxy, ALL_PROXY: proxy }, kms, undefined],
    [{}, kms, undefined],
  ])("with %j, %s goes through %s", (env, target, expected) => {
    expect(proxyFor(target, env)?.host).toBe(expected);
  });

  it.each(["https://127.0.0.1:8443", "https://localhost", "http://[::1]:80"])(
    "is none for %s on this machine",
    (target) => {
      expect(proxyFor(target, { HTTPS_PROXY: proxy, HTTP_PROXY: proxy })).toBeUndefined();
    },
  );
});
