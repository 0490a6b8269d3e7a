import { fail, ok, type Result } from "@breakwater/shared/core";

/** Names the controller in its server certificate, whatever address an agent reaches it by. */
export const CONTROLLER_URI = "spiffe://breakwater/controller";
export const endpointUri = (id: string): string => `spiffe://breakwater/endpoint/${id}`;
export const monitorUri = (name: string): string => `spiffe://breakwater/monitor/${name}`;

/** Who is at the other end, by the certificate alone. */
export interface Peer {
  readonly kind: "endpoint" | "monitor";
  readonly name: string;
  /** Lower-case hex without leading zeros, as certificates are registered. */
  readonly serial: string;
}

/** Reads the one URI that our authority puts into client certificates. Anything else is nobody we know. */
export function peerOf(certificate: { readonly subjectaltname?: string; readonly serialNumber?: string } | undefined): Result<Peer> {
  const names = certificate?.subjectaltname?.split(", ") ?? [];
  const match = /^URI:spiffe:\/\/breakwater\/(endpoint|monitor)\/([\w.-]{1,100})$/.exec(names.length === 1 ? (names[0] ?? "") : "");
  const serial = certificate?.serialNumber?.toLowerCase().replace(/^0+/, "");
  if (!match || !serial)
    return fail({
      code: "certificate-nameless",
      message: "The client certificate does not name an endpoint or monitor of this controller.",
      next: "Enrol with a join token.",
    });
  return ok({ kind: match[1] as Peer["kind"], name: match[2] ?? "", serial });
}
