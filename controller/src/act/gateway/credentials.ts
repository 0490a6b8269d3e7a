import type { SecureContextOptions } from "node:tls";
import * as grpc from "@grpc/grpc-js";
import type { ServerIdentity } from "./ca.ts";

/** Set on the listener and on every context: a context without it would bring the default of TLS 1.2 back. */
const MINIMUM = { minVersion: "TLSv1.3" } as const;

/**
 * Server credentials that refuse TLS 1.2 and whose certificate can be exchanged while connections live. grpc-js 1.14 has
 * no option for a lowest version, but hands the options of `ServerCredentials` to `http2.createSecureServer` as they are.
 */
export class ControllerCredentials extends grpc.ServerCredentials {
  private readonly clientAuthority: string | undefined;

  /** @param clientAuthority PEM of the authority that clients must have a certificate of; undefined asks for none. */
  constructor(server: ServerIdentity, clientAuthority?: string) {
    super(
      { ...MINIMUM, requestCert: clientAuthority !== undefined, rejectUnauthorized: clientAuthority !== undefined },
      context(server, clientAuthority),
    );
    this.clientAuthority = clientAuthority;
  }

  /** New connections see the new certificate; present ones go on. */
  exchange(server: ServerIdentity): void {
    this.updateSecureContextOptions(context(server, this.clientAuthority));
  }

  override _equals(other: grpc.ServerCredentials): boolean {
    return this === other;
  }
}

const context = (server: ServerIdentity, clientAuthority: string | undefined): SecureContextOptions => ({
  ...MINIMUM,
  key: server.keyPem,
  cert: server.chainPem,
  ...(clientAuthority === undefined ? {} : { ca: clientAuthority }),
});
