import { lookup } from "node:dns/promises";
import { isIP, connect as tcpConnect } from "node:net";
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from "node:tls";
import { checkController, type EnrolledIdentity } from "../session/index.ts";
import { broken, type Finding, good } from "./finding.ts";

const TIMEOUT_MS = 8_000;

interface Address {
  readonly host: string;
  readonly port: number;
}

export async function probeName(host: string): Promise<Finding[]> {
  if (isIP(host)) return [good("name resolution", `${host} is an address`)];
  try {
    const found = await lookup(host, { all: true });
    return [good("name resolution", `${host} is ${found.map((f) => f.address).join(", ")}`)];
  } catch (error) {
    return [broken("name resolution", `${host}: ${(error as NodeJS.ErrnoException).code}`, "Look at /etc/resolv.conf and the DNS record.")];
  }
}

export function probeTcp({ host, port }: Address): Promise<Finding[]> {
  return new Promise((resolve) => {
    const socket = tcpConnect({ host, port, timeout: TIMEOUT_MS });
    const end = (finding: Finding) => {
      socket.destroy();
      resolve([finding]);
    };
    socket.once("connect", () => end(good("tcp", `${host}:${port} accepts connections`)));
    socket.once("timeout", () =>
      end(broken("tcp", `${host}:${port} does not answer`, "A firewall drops the packets, or the address is wrong.")),
    );
    socket.once("error", (error: NodeJS.ErrnoException) =>
      end(
        broken(
          "tcp",
          `${host}:${port}: ${error.code}`,
          error.code === "ECONNREFUSED" ? "Is the controller running there?" : "Look at route and firewall.",
        ),
      ),
    );
  });
}

/** Connects as the session would. */
function open({ host, port }: Address, identity: EnrolledIdentity, verify: boolean): TLSSocket {
  const options: ConnectionOptions = {
    host,
    port,
    ca: identity.trustBundlePem,
    key: identity.privateKeyPem,
    cert: identity.certificatePem,
    minVersion: "TLSv1.3",
    ALPNProtocols: ["h2"],
    timeout: TIMEOUT_MS,
    checkServerIdentity: checkController,
    rejectUnauthorized: verify,
    ...(isIP(host) ? {} : { servername: host }),
  };
  return tlsConnect(options);
}

export function probeTls(address: Address, identity: EnrolledIdentity): Promise<Finding[]> {
  return new Promise((resolve) => {
    const socket = open(address, identity, true);
    const end = (...findings: Finding[]) => {
      socket.destroy();
      resolve(findings);
    };
    socket.once("secureConnect", () => {
      const tls = good("tls", `${socket.getProtocol()}, the certificate is the controller's`);
      if (socket.alpnProtocol === "h2") end(tls, good("http/2", "negotiated"));
      else
        end(
          tls,
          broken(
            "http/2",
            "the other side did not agree to HTTP/2 (ALPN)",
            "A proxy in between ends TLS or speaks HTTP/1 only: let the connection pass through it.",
          ),
        );
    });
    socket.once("timeout", () =>
      end(broken("tls", "no handshake in time", "Something accepts the connection that is not the controller.")),
    );
    socket.once("error", (error: NodeJS.ErrnoException) =>
      end(broken("tls", `${error.code ?? ""} ${error.message}`.trim(), adviceOf(error.code ?? ""))),
    );
  });
}

function adviceOf(code: string): string {
  switch (code) {
    case "CERT_HAS_EXPIRED":
      return "The controller's certificate has expired, or this machine's clock is ahead.";
    case "CERT_NOT_YET_VALID":
      return "This machine's clock is behind: set it right.";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return "The certificate names other hosts: add this name to the controller's, or enroll with the right one.";
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return "Another authority signed this certificate: a proxy opens TLS in between, or the controller was set up anew; then enroll again.";
    case "ECONNRESET":
    case "EPROTO":
      return "The other side does not speak TLS 1.3 here: is it the session listener?";
    default:
      return "Compare the address with the controller's configuration.";
  }
}

/**
 * With TLS 1.3 a server refuses a client certificate after the client holds the handshake for done, so the first bytes
 * decide: an HTTP/2 server greets with its settings once it has accepted us.
 */
export function probeAuthentication(address: Address, identity: EnrolledIdentity): Promise<Finding[]> {
  return new Promise((resolve) => {
    const socket = open(address, identity, true);
    const end = (finding: Finding) => {
      socket.destroy();
      resolve([finding]);
    };
    const refused = (why: string) =>
      end(
        broken(
          "authentication",
          `the controller does not accept this endpoint's certificate (${why})`,
          "It was revoked, or is another controller's: enroll again.",
        ),
      );
    socket.once("secureConnect", () => socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"));
    socket.once("data", () => end(good("authentication", "the controller accepts this endpoint's certificate")));
    socket.once("error", (error: NodeJS.ErrnoException) => refused(error.code ?? error.message));
    socket.once("timeout", () => refused("no answer"));
    socket.once("close", () => refused("closed"));
  });
}
