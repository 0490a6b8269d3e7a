import type { X509Certificate } from "node:crypto";
import { connect as connectHttp2 } from "node:http2";
import { isIP, type Socket } from "node:net";
import { type TLSSocket, connect as tlsConnect } from "node:tls";
import { fail, ok, type Problem, type Result } from "@breakwater/shared/core";
import { chainOf, checkController, type EnrolledIdentity } from "../session/index.ts";
import { broken, type Finding, good } from "./finding.ts";

export interface OpenedTls {
  readonly socket: TLSSocket;
  /** As presented, the server's own first. */
  readonly chain: readonly X509Certificate[];
  readonly protocol: string;
  readonly alpn: string | false;
}

const options = (socket: Socket, host: string, identity: EnrolledIdentity | undefined) => ({
  ...{ socket, minVersion: "TLSv1.3" as const, ALPNProtocols: ["h2"] },
  ...(identity ? { key: identity.privateKeyPem, cert: identity.certificatePem } : {}),
  ...(isIP(host) ? {} : { servername: host }),
});

/** A handshake that trusts nobody yet: what is presented is judged by the caller, so that each fault can be named. */
export function openTls(
  plain: Socket,
  host: string,
  identity: EnrolledIdentity | undefined,
  timeoutMs: number,
): Promise<Result<OpenedTls, Problem>> {
  return new Promise((resolve) => {
    const socket = tlsConnect({ ...options(plain, host, identity), rejectUnauthorized: false });
    const end = (code: string, message: string) => {
      socket.destroy();
      resolve(fail({ code, message }));
    };
    socket.setTimeout(timeoutMs, () => end("TIMEOUT", "no handshake in time"));
    socket.once("secureConnect", () =>
      resolve(ok({ socket, chain: chainOf(socket), protocol: socket.getProtocol() ?? "", alpn: socket.alpnProtocol ?? false })),
    );
    socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? "", error.message));
    socket.once("close", () => end("ECONNRESET", "the connection was closed"));
  });
}

/** The server's time by the date of any answer (RFC 9110 section 6.6.1), to the second. @returns undefined when it gives none */
export function askTime(socket: TLSSocket, timeoutMs: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const session = connectHttp2("https://controller", { createConnection: () => socket });
    const end = (time: number | undefined) => {
      session.destroy();
      resolve(time);
    };
    session.setTimeout(timeoutMs, () => end(undefined));
    session.once("error", () => end(undefined));
    session.once("close", () => resolve(undefined));
    const asked = session.request({ ":method": "GET", ":path": "/" });
    asked.once("error", () => end(undefined));
    asked.once("response", (headers) => {
      const time = Date.parse(headers.date ?? "");
      end(Number.isNaN(time) ? undefined : time);
    });
  });
}

/**
 * With TLS 1.3 a server refuses a client certificate after the client holds the handshake for done, so the first bytes
 * decide: an HTTP/2 server greets with its settings once it has accepted us.
 */
export function probeAuthentication(plain: Socket, host: string, identity: EnrolledIdentity, timeoutMs: number): Promise<Finding> {
  return new Promise((resolve) => {
    const socket = tlsConnect({
      ...options(plain, host, identity),
      ca: identity.trustBundlePem,
      checkServerIdentity: (_, certificate) => checkController(host, certificate),
    });
    const end = (finding: Finding) => {
      socket.destroy();
      resolve(finding);
    };
    const refused = (why: string) =>
      end(
        broken(
          "authentication",
          `the controller does not accept this endpoint's certificate (${why})`,
          "It ran out, was revoked, or is another controller's: enroll again.",
        ),
      );
    socket.setTimeout(timeoutMs, () => refused("no answer"));
    socket.once("secureConnect", () => socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"));
    socket.once("data", () => end(good("authentication", "the controller accepts this endpoint's certificate")));
    socket.on("error", (error: NodeJS.ErrnoException) => refused(error.code ?? error.message));
    socket.once("close", () => refused("closed"));
  });
}
