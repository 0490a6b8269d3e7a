import { X509Certificate } from "node:crypto";
import type { Problem } from "@breakwater/shared/core";
import { checkController, fingerprintOf } from "../session/index.ts";
import { broken, type Finding, good } from "./finding.ts";

const HOP = "controller's certificate";
const MAX_CHAIN = 10;

export interface ControllerJudged {
  /** It is signed, through the certificates presented, by an authority that this machine pinned. */
  readonly trusted: boolean;
  /** @param now The controller's own time where it is known, so that our clock is not taken for its fault. */
  finding(now: number): Finding;
}

/** Judges what a server presents in the order in which faults explain each other: authority, name, time. */
export function judgeController(chain: readonly X509Certificate[], trustBundlePem: string, host: string): ControllerJudged {
  const authorities = certificatesOf(trustBundlePem);
  const path = pathTo(authorities, chain);
  const leaf = chain[0];
  if (!leaf || !path)
    return {
      trusted: false,
      finding: () =>
        broken(
          HOP,
          `signed by ${issuerOf(chain)}, not by the authority that this machine pinned (sha256 ${authorities.map(fingerprintOf).join(", ")})`,
          "A proxy opens TLS in between, another server answers at this address, or the controller was set up anew; then enroll again.",
        ),
    };
  return { trusted: true, finding: (now) => nameFinding(leaf, host) ?? timeFinding(path, now) };
}

function nameFinding(leaf: X509Certificate, host: string): Finding | undefined {
  const wrong = checkController(host, leaf.toLegacyObject() as never);
  if (!wrong) return undefined;
  return broken(
    HOP,
    `it names ${leaf.subjectAltName ?? "nobody"}, not ${host}`,
    "Add this name to those that the controller advertises, or enroll with a name that the certificate holds.",
  );
}

function timeFinding(path: readonly X509Certificate[], now: number): Finding {
  for (const certificate of path) {
    const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    const whose = certificate === path[0] ? "it" : `its authority ${certificate.subject.replaceAll("\n", ", ")}`;
    if (now > to)
      return broken(
        HOP,
        `${whose} expired at ${new Date(to).toISOString()}`,
        "The controller did not renew it: look at its log and restart it.",
      );
    if (now < from)
      return broken(
        HOP,
        `${whose} is valid only from ${new Date(from).toISOString()}`,
        "A clock is behind: this machine's, or was the controller's.",
      );
  }
  const until = Math.min(...path.map((c) => Date.parse(c.validTo)));
  return good(HOP, `the pinned authority's, valid until ${new Date(until).toISOString()}`);
}

/** From the server's own certificate up to a pinned authority, by signatures. */
function pathTo(authorities: readonly X509Certificate[], chain: readonly X509Certificate[]): X509Certificate[] | undefined {
  const path: X509Certificate[] = [];
  let at = chain[0];
  while (at && path.length < MAX_CHAIN) {
    path.push(at);
    const signed: X509Certificate = at;
    const by = (c: X509Certificate): boolean => c.ca && signed.checkIssued(c) && signed.verify(c.publicKey);
    const authority = authorities.find(by);
    if (authority) return [...path, authority];
    at = chain.find((c) => !path.includes(c) && by(c));
  }
  return undefined;
}

const issuerOf = (chain: readonly X509Certificate[]): string => chain[0]?.issuer.replaceAll("\n", ", ") ?? "nobody";

function certificatesOf(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** Why no handshake came about. */
export function handshakeFinding({ code, message }: Problem): Finding[] {
  const what = `${code} ${message}`.trim();
  if (code.includes("NO_APPLICATION_PROTOCOL"))
    return [
      good("tls", "the other side answers"),
      broken(
        "http/2",
        "the other side refuses HTTP/2 (ALPN)",
        "A middlebox in between ends TLS and speaks HTTP/1 only: let the connection pass through it untouched.",
      ),
    ];
  return [broken("tls", what, handshakeAdvice(code))];
}

function handshakeAdvice(code: string): string {
  if (code === "TIMEOUT") return "Something accepts the connection that is not the controller.";
  if (code.includes("PROTOCOL_VERSION") || code.includes("UNSUPPORTED_PROTOCOL"))
    return "The other side does not speak TLS 1.3: a middlebox in between, or no controller.";
  if (code.includes("WRONG_VERSION_NUMBER") || code.includes("PACKET_LENGTH_TOO_LONG") || code === "EPROTO")
    return "The other side does not speak TLS: compare the address with the controller's configuration.";
  return "A firewall or another server cuts the connection: is it the controller's session listener?";
}
