/** What the environment says of a proxy on the way to a host. */
export type ProxyChoice =
  | { readonly kind: "none" }
  /** gRPC leaves such a value out and connects directly. */
  | { readonly kind: "unusable"; readonly variable: string; readonly why: string }
  | { readonly kind: "proxy"; readonly variable: string; readonly host: string; readonly port: number; readonly authorization?: string };

const VARIABLES = ["grpc_proxy", "https_proxy", "http_proxy"] as const;

/**
 * The proxy that the session's gRPC channel would use, by the same variables in the same order (gRPC's environment variables,
 * doc/environment_variables.md), so that enrolment and doctor go the session's way.
 */
export function proxyFor(host: string, env: NodeJS.ProcessEnv): ProxyChoice {
  const variable = VARIABLES.find((name) => env[name]);
  if (!variable || exempt(host, env.no_grpc_proxy || env.no_proxy || "")) return { kind: "none" };
  let url: URL;
  try {
    url = new URL(env[variable] ?? "");
  } catch {
    return { kind: "unusable", variable, why: "it is no URL" };
  }
  if (url.protocol !== "http:") return { kind: "unusable", variable, why: `${url.protocol} is not supported, only http:` };
  const user = url.username && decodeURIComponent(url.password ? `${url.username}:${url.password}` : url.username);
  return {
    ...{ kind: "proxy", variable, host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 80) },
    ...(user ? { authorization: `Basic ${Buffer.from(user).toString("base64")}` } : {}),
  };
}

/** A name's end, an address, or a range of IPv4 addresses in CIDR notation. */
const exempt = (host: string, list: string): boolean =>
  list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
    .some((entry) => host.endsWith(entry) || inRange(host, entry));

function inRange(host: string, range: string): boolean {
  const [network, bits] = [addressOf(range.split("/")[0] ?? ""), Number(range.split("/")[1])];
  const address = addressOf(host);
  if (network === undefined || address === undefined || !(bits >= 0 && bits <= 32)) return false;
  const size = 2 ** (32 - bits);
  return Math.floor(address / size) === Math.floor(network / size);
}

function addressOf(text: string): number | undefined {
  const parts = text.split(".").map(Number);
  const sound = parts.length === 4 && parts.every((p) => Number.isInteger(p) && p >= 0 && p <= 255);
  return sound ? parts.reduce((sum, p) => sum * 256 + p, 0) : undefined;
}
