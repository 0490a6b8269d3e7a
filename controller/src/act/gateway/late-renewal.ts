import { verify, X509Certificate } from "node:crypto";
import { type Clock, days, fail, ok, type Problem, type Result } from "@breakwater/shared/core";
import { lateRenewalText, type RenewRequest__Output } from "@breakwater/shared/wire";
import type { Fleet } from "../../know/fleet/index.ts";
import { peerOf } from "./identity.ts";
import { gatewayProblem } from "./refusal.ts";

/** A machine that was away for longer is somebody's to look at before it belongs to the fleet again. */
const LATEST_MS = days(30);
/** An endpoint is still seen for as long as it takes to notice that its stream ended. */
const SLACK_MS = 300_000;

export interface LateRenewalContext {
  readonly clock: Clock;
  readonly fleet: Pick<Fleet, "certificates" | "get">;
  /** PEM of the authority. */
  readonly authority: string;
}

/**
 * Whose certificate ran out while it was away, by the certificate, the possession of its key, and our own record of both.
 * Not for an endpoint that was seen since: it has a newer certificate, and who comes with the older one has a copy.
 * @returns the endpoint's id
 */
export async function lateRenewal(request: RenewRequest__Output, o: LateRenewalContext): Promise<Result<string>> {
  const certificate = readCertificate(request.lateCertificate);
  if (!certificate) return fail(gatewayProblem.wrongKind("endpoint (on the session listener)"));
  const authority = new X509Certificate(o.authority);
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) return fail(gatewayProblem.certificateUnknown());
  const peer = peerOf({ subjectaltname: certificate.subjectAltName ?? "", serialNumber: certificate.serialNumber });
  if (!peer.ok) return peer;
  const { kind, name, serial } = peer.value;
  if (kind !== "endpoint") return fail(gatewayProblem.wrongKind("endpoint"));
  if (!verify("sha256", lateRenewalText(request.csr), certificate.publicKey, request.lateSignature)) return fail(notItsKey());
  const state = await o.fleet.certificates.state(serial);
  if (state !== "valid") return fail(state === "revoked" ? gatewayProblem.certificateRevoked() : gatewayProblem.certificateUnknown());
  const endedAt = Date.parse(certificate.validTo);
  if (o.clock.now() > endedAt + LATEST_MS) return fail(tooLate());
  const endpoint = await o.fleet.get(name);
  if (!endpoint.ok) return endpoint;
  const { lastSeenAt } = endpoint.value;
  if (lastSeenAt !== null && Date.parse(lastSeenAt) > endedAt + SLACK_MS) return fail(seenSince());
  return ok(name);
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

const NEXT = "Enrol this machine again with a new join token.";
const notItsKey = (): Problem => ({
  code: "late-renewal-refused",
  message: "The request is not signed by the certificate's key.",
  next: NEXT,
});
const tooLate = (): Problem => ({ code: "late-renewal-refused", message: "The certificate ran out more than 30 days ago.", next: NEXT });
const seenSince = (): Problem => ({
  code: "late-renewal-refused",
  message: "This endpoint was seen with a newer certificate since this one ran out.",
  next: NEXT,
});
