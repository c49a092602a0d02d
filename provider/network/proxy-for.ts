import { isLoopback } from "../model/trust";

/**
 * The proxy that the environment names for a URL: HTTPS_PROXY or HTTP_PROXY, unless NO_PROXY exempts the host. Targets on this
 * machine never go through one. The environment is an argument, so that nothing else (npm's settings, for one) can name a proxy.
 */
export function proxyFor(target: string, env: NodeJS.ProcessEnv): URL | undefined {
  const url = new URL(target);
  if (isLoopback(url.hostname)) return undefined;
  const variable = (name: string): string | undefined => env[name.toLowerCase()] || env[name.toUpperCase()];
  if (exempt(url, variable("no_proxy") ?? "")) return undefined;
  // An upper-case HTTP_PROXY can be a request header of a CGI program, which this never is.
  const proxy = url.protocol === "https:" ? variable("https_proxy") : variable("http_proxy");
  if (proxy === undefined || proxy === "") return undefined;
  const text = proxy.includes("://") ? proxy : `http://${proxy}`;
  return URL.canParse(text) ? new URL(text) : undefined;
}

function exempt(url: URL, noProxy: string): boolean {
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, "");
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry === "*") return true;
      const [, name = entry, onlyPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (onlyPort !== undefined && onlyPort !== port) return false;
      const domain = name.replace(/^\*?\.?/, "");
      return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
    });
}
