import { X509Certificate } from "node:crypto";
import { connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { fail, ok, type Result } from "@breakwater/shared/core";
import { dial } from "./dial.ts";
import { proxyFor } from "./proxy.ts";

const PROBE_TIMEOUT_MS = 10_000;

/** "host:port", "[v6]:port". @returns undefined when it is neither. */
export function parseAddress(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65_535) return undefined;
  return { host: match[1] ?? match[2] ?? "", port };
}

/** SHA-256 of the certificate's DER, lower-case hex without colons. */
export const fingerprintOf = (certificate: X509Certificate): string => certificate.fingerprint256.replaceAll(":", "").toLowerCase();

/** Takes "SHA256:ab:cd", "sha256:abcd", "AB:CD" alike. */
export const normaliseFingerprint = (text: string): string =>
  text
    .replace(/^sha256[:=]/i, "")
    .replaceAll(":", "")
    .trim()
    .toLowerCase();

/** The authority that the agent will trust, and how it came to that. */
export interface PinnedAuthority {
  readonly pem: string;
  readonly fingerprint: string;
  readonly how: "fingerprint" | "first-use";
}

/**
 * Looks at the certificates that a server presents, before anything is trusted, and picks the authority: the one whose
 * fingerprint was given, else the self-signed one at the end of the chain. Nothing is sent to the server.
 */
export async function pinAuthority(address: string, expected: string | undefined): Promise<Result<PinnedAuthority>> {
  const where = parseAddress(address);
  if (!where) return fail({ code: "address-malformed", message: `"${address}" is no address.`, next: "Give it as host:port." });
  const chain = await presentedChain(where.host, where.port);
  if (!chain.ok) return chain;
  const authorities = chain.value.filter((c) => c.ca && c.checkIssued(c));
  if (expected !== undefined) {
    const wanted = normaliseFingerprint(expected);
    const match = authorities.find((c) => fingerprintOf(c) === wanted);
    if (match) return ok({ pem: match.toString(), fingerprint: wanted, how: "fingerprint" });
    return fail({
      code: "ca-fingerprint-mismatch",
      message: `${address} presents the authority ${authorities.map(fingerprintOf).join(", ") || "(none)"}, not ${wanted}.`,
      next: "Compare with what the controller prints; if they differ, something between you and it answers in its place.",
    });
  }
  const authority = authorities.at(-1);
  if (!authority)
    return fail({
      code: "ca-not-presented",
      message: `${address} does not present its authority, so there is nothing to trust on first use.`,
      next: "Give the address of the controller's enrolment listener.",
    });
  return ok({ pem: authority.toString(), fingerprint: fingerprintOf(authority), how: "first-use" });
}

/** The certificates that a server presented, its own first, whether or not anybody trusts them. */
export function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let link: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (link?.raw && chain.length < 10) {
    chain.push(new X509Certificate(link.raw));
    link = link.issuerCertificate === link ? undefined : link.issuerCertificate;
  }
  return chain;
}

async function presentedChain(host: string, port: number): Promise<Result<X509Certificate[]>> {
  const unreachable = (message: string) =>
    fail({
      code: "controller-unreachable",
      message: `${host}:${port} cannot be reached: ${message}.`,
      next: "Check address, port, firewall and proxy.",
    });
  const dialled = await dial({ host, port }, proxyFor(host, process.env), PROBE_TIMEOUT_MS);
  if (!dialled.ok) return unreachable(`${dialled.problem.hop === "proxy" ? "the proxy: " : ""}${dialled.problem.message}`);
  return new Promise((resolve) => {
    // Nothing is trusted here and nothing is said: the verdict on these certificates is pinAuthority's.
    const socket = connect({
      ...{ socket: dialled.value, rejectUnauthorized: false, minVersion: "TLSv1.3", ALPNProtocols: ["h2"] },
    });
    const end = (result: Result<X509Certificate[]>) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => end(unreachable(`no answer within ${PROBE_TIMEOUT_MS / 1000} s`)));
    socket.once("secureConnect", () => end(ok(chainOf(socket))));
    socket.once("error", (error) => end(unreachable(error.message)));
  });
}
