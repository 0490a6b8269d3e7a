import { lookup } from "node:dns/promises";
import { isIP, type Socket } from "node:net";
import type { Clock } from "@breakwater/shared/core";
import {
  type Address,
  askCertificateStanding,
  dial,
  type EnrolledIdentity,
  type ProxyChoice,
  parseAddress,
  proxyFor,
} from "../session/index.ts";
import { askTime, openTls, probeAuthentication } from "./doctor-connect.ts";
import { handshakeFinding, judgeController } from "./doctor-tls.ts";
import { broken, doubtful, type Finding, good, skipped } from "./finding.ts";

const TIMEOUT_MS = 8_000;
/** Certificates live for a day and are checked against the controller's clock, so minutes matter. */
const MAX_CLOCK_OFFSET_MS = 60_000;
const HOPS = ["name resolution", "tcp", "tls", "controller's certificate", "http/2", "clock", "authentication"] as const;

export interface NetworkExamined {
  readonly findings: readonly Finding[];
  /** How far this machine's clock is ahead of the controller's; undefined where the controller could not be asked. */
  readonly clockAheadMs: number | undefined;
}

/**
 * Walks the way to the controller hop by hop, as the session goes it. Behind a broken one the others are not tried, since
 * they would only repeat it.
 * @param env The agent's: its proxy variables, not those of whoever runs doctor.
 */
export async function examineNetwork(identity: EnrolledIdentity, clock: Clock, env: NodeJS.ProcessEnv): Promise<NetworkExamined> {
  const address = parseAddress(identity.sessionAddress);
  if (!address)
    return {
      findings: [broken("name resolution", `"${identity.sessionAddress}" is no address`, "Enroll again.")],
      clockAheadMs: undefined,
    };
  const proxy = proxyFor(address.host, env);
  const walked = await walk({ identity, address, proxy, clock, env });
  const tried = new Set(walked.findings.map((f) => f.hop));
  const rest = HOPS.filter((hop) => !tried.has(hop)).map((hop) => skipped(hop, "not tried: an earlier hop is broken"));
  return { findings: [...walked.findings, ...rest], clockAheadMs: walked.clockAheadMs };
}

interface Way {
  readonly identity: EnrolledIdentity;
  readonly address: Address;
  readonly proxy: ProxyChoice;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
}

async function walk(way: Way): Promise<NetworkExamined> {
  const { address, proxy } = way;
  const findings: Finding[] = [];
  const stop = () => ({ findings, clockAheadMs: undefined });
  if (proxy.kind === "unusable")
    findings.push(
      doubtful("proxy", `${proxy.variable} cannot be used (${proxy.why}), so none is`, "Correct it in the agent's unit, or unset it."),
    );
  // Behind a proxy it is the proxy that looks up the controller's name.
  const first = proxy.kind === "proxy" ? proxy : address;
  const name = await probeName(first.host);
  findings.push(name);
  if (name.state === "broken") return stop();
  const dialled = await dial(address, proxy, TIMEOUT_MS);
  if (!dialled.ok) {
    const { hop, code, message } = dialled.problem;
    findings.push(hop === "proxy" ? proxyFinding(proxy, code, message) : tcpFinding(address, code));
    return stop();
  }
  if (proxy.kind === "proxy") findings.push(good("proxy", `${proxy.host}:${proxy.port} (${proxy.variable}) lets it through`));
  findings.push(good("tcp", `${address.host}:${address.port} accepts connections`));
  const tls = await examineTls(way, dialled.value);
  findings.push(...tls.findings);
  if (findings.some((f) => f.state === "broken" && f.hop !== "clock")) return { ...tls, findings };
  const again = await dial(address, proxy, TIMEOUT_MS);
  if (again.ok) {
    const accepted = await probeAuthentication(again.value, address.host, way.identity, TIMEOUT_MS);
    findings.push(accepted.state === "good" ? await standingFinding(way, accepted) : accepted);
  }
  return { ...tls, findings };
}

/** gRPC takes its proxy from this process's own variables, and only when it begins. */
function underProxiesOf<T>(env: NodeJS.ProcessEnv, begin: () => T): T {
  const before = { ...process.env };
  for (const name of Object.keys(env)) if (/^(no_)?(grpc_|https?_)?proxy$/.test(name)) process.env[name] = env[name];
  try {
    return begin();
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

/** What TLS cannot tell: a revoked certificate is as well signed as any. */
async function standingFinding({ identity, env }: Way, accepted: Finding): Promise<Finding> {
  const { state, detail } = await underProxiesOf(env, () => askCertificateStanding(identity, TIMEOUT_MS));
  if (state === "in-force") return accepted;
  if (state === "refused")
    return broken(
      accepted.hop,
      `the controller takes the connection and refuses this endpoint's certificate: ${detail}`,
      "If this machine should belong to the fleet, enroll again with a new join token.",
    );
  return doubtful(
    accepted.hop,
    `the certificate is well signed; whether it was revoked could not be asked (${detail})`,
    "Look at the controller's log.",
  );
}

async function examineTls({ identity, address, clock, env }: Way, plain: Socket): Promise<NetworkExamined> {
  const opened = await openTls(plain, address.host, identity, TIMEOUT_MS);
  if (!opened.ok) return { findings: handshakeFinding(opened.problem), clockAheadMs: undefined };
  const { chain, alpn, protocol, socket } = opened.value;
  const controller = judgeController(chain, identity.trustBundlePem, address.host);
  // Only of a controller that is ours by its signature is the time believed.
  const asked = controller.trusted && alpn === "h2" ? await askTime(socket, TIMEOUT_MS) : undefined;
  socket.destroy();
  const time = asked ?? (controller.trusted ? await timeOfEnrolment(identity, env) : undefined);
  const now = clock.now();
  const certificate = controller.finding(time ?? now);
  const clockAheadMs = time === undefined ? undefined : now - time;
  const findings = [good("tls", `handshake done (${protocol})`), certificate, clockFinding(clockAheadMs)];
  if (certificate.state !== "broken") findings.splice(2, 0, http2Finding(alpn));
  return { findings, clockAheadMs };
}

const http2Finding = (alpn: string | false): Finding =>
  alpn === "h2"
    ? good("http/2", "negotiated")
    : broken(
        "http/2",
        `the other side did not agree to HTTP/2 (ALPN says ${alpn || "nothing"})`,
        "A middlebox in between ends TLS or speaks HTTP/1 only: let the connection pass through it untouched.",
      );

/** The session listener hangs up on an endpoint whose certificate ran out; the one for enrolment asks for none. */
async function timeOfEnrolment(identity: EnrolledIdentity, env: NodeJS.ProcessEnv): Promise<number | undefined> {
  const address = parseAddress(identity.server);
  if (!address) return undefined;
  const dialled = await dial(address, proxyFor(address.host, env), TIMEOUT_MS);
  if (!dialled.ok) return undefined;
  const opened = await openTls(dialled.value, address.host, undefined, TIMEOUT_MS);
  if (!opened.ok) return undefined;
  const ours = judgeController(opened.value.chain, identity.trustBundlePem, address.host).trusted && opened.value.alpn === "h2";
  const time = ours ? await askTime(opened.value.socket, TIMEOUT_MS) : undefined;
  opened.value.socket.destroy();
  return time;
}

function clockFinding(aheadMs: number | undefined): Finding {
  if (aheadMs === undefined) return skipped("clock", "the controller could not be asked for its time");
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) <= MAX_CLOCK_OFFSET_MS) return good("clock", `within ${seconds} s of the controller's`);
  return broken(
    "clock",
    `this machine's clock is ${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} the controller's`,
    "Set up time synchronisation (systemd-timesyncd, chrony); certificates and commands are refused until it is right.",
  );
}

async function probeName(host: string): Promise<Finding> {
  if (isIP(host)) return good("name resolution", `${host} is an address`);
  try {
    const found = await lookup(host, { all: true });
    return good("name resolution", `${host} is ${found.map((f) => f.address).join(", ")}`);
  } catch (error) {
    return broken("name resolution", `${host}: ${(error as NodeJS.ErrnoException).code}`, "Look at /etc/resolv.conf and the DNS record.");
  }
}

function tcpFinding({ host, port }: Address, code: string): Finding {
  if (code === "TIMEOUT") return broken("tcp", `${host}:${port} does not answer`, "A firewall drops the packets, or the address is wrong.");
  return broken(
    "tcp",
    `${host}:${port}: ${code}`,
    code === "ECONNREFUSED" ? "Is the controller running there?" : "Look at route and firewall.",
  );
}

function proxyFinding(proxy: ProxyChoice, code: string, message: string): Finding {
  const what = proxy.kind === "proxy" ? `${proxy.host}:${proxy.port} (${proxy.variable})` : "";
  const advice: Record<string, string> = {
    407: `The proxy wants a name and a password: put them into the variable (http://NAME:PASSWORD@HOST:PORT).`,
    403: "The proxy's rules forbid this host or port: have the controller's address allowed for CONNECT.",
    405: "The proxy does not do CONNECT: exempt the controller with no_proxy, or use another.",
    ECONNREFUSED: "Nothing listens at the proxy's address: correct the variable in the agent's unit.",
    TIMEOUT: "The proxy does not answer: look at its address, route and firewall.",
  };
  return broken("proxy", `${what}: ${message}`, advice[code] ?? "Have the controller's address allowed, or exempt it with no_proxy.");
}
