import { isIP } from "node:net";
import { checkServerIdentity, createSecureContext, type PeerCertificate } from "node:tls";
import { MAX_MESSAGE_BYTES } from "@breakwater/shared/wire";
import * as grpc from "@grpc/grpc-js";
import { parseAddress } from "./trust.ts";

/** Names the controller in its certificate whatever address an agent reaches it by (tunnels, NAT, bare IP addresses). */
const CONTROLLER_URI = "URI:spiffe://breakwater/controller";

/**
 * The certificate has been checked against the controller's own authority by then; this asks only whether it is the
 * controller's, by host name or by its URI. Endpoints' certificates carry other URIs and may not act as servers.
 */
export function checkController(host: string, certificate: PeerCertificate): Error | undefined {
  const names = (certificate.subjectaltname ?? "").split(", ");
  return names.includes(CONTROLLER_URI) ? undefined : checkServerIdentity(host, certificate);
}

/** TLS 1.3 to the controller at host:port; with a client certificate once the endpoint has one. */
export function channelCredentials(
  address: string,
  trustBundlePem: string,
  client?: { privateKeyPem: string; certificatePem: string },
): grpc.ChannelCredentials {
  const context = createSecureContext({
    ca: trustBundlePem,
    minVersion: "TLSv1.3",
    ...(client ? { key: client.privateKeyPem, cert: client.certificatePem } : {}),
  });
  const host = parseAddress(address)?.host ?? address;
  return grpc.credentials.createFromSecureContext(context, { checkServerIdentity: (_, certificate) => checkController(host, certificate) });
}

/**
 * Reconnecting is the session's own business (jitter, retry-after), so the channel's is kept short and single. So is noticing
 * silence: the controller gives signs of life, and pings of the channel's own would double them.
 */
export const channelOptions = (address: string): grpc.ChannelOptions => ({
  // Server Name Indication holds names only (RFC 6066 section 3), so an address is replaced by a name for it.
  ...(isIP(parseAddress(address)?.host ?? "") ? { "grpc.ssl_target_name_override": "controller.breakwater.internal" } : {}),
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  "grpc.enable_retries": 0,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.initial_reconnect_backoff_ms": 1_000,
});
