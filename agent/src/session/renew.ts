import { createPrivateKey, sign, X509Certificate } from "node:crypto";
import { type Clock, fail, ok, type Result } from "@breakwater/shared/core";
import { EnrollmentService, lateRenewalText } from "@breakwater/shared/wire";
import { status } from "@grpc/grpc-js";
import { channelCredentials, channelOptions } from "./channel.ts";
import { certificateLife, type EnrolledIdentity, writeIdentity } from "./enrolled-identity.ts";
import { fingerprintOf } from "./trust.ts";

const CALL_DEADLINE_MS = 20_000;

/**
 * Gets a new certificate for a new key, over mTLS with the present one or, when that ran out while this machine was away, by a
 * proof of its key. Writes both down, only once they are seen to be of use: a controller that answers nonsense leaves the
 * endpoint with what it has.
 */
export async function renew(stateDir: string, identity: EnrolledIdentity, clock: Clock): Promise<Result<EnrolledIdentity>> {
  // Loaded on use: X.509 costs memory that the agent needs once in many hours.
  const { newKeyAndRequest } = await import("./keys.ts");
  const { privateKeyPem, csr } = await newKeyAndRequest(identity.name);
  // The session listener hangs up on a certificate that ran out, so it is shown where none is asked for, with a proof of its key.
  const late = clock.now() > certificateLife(identity.certificatePem).notAfter;
  const address = late ? identity.server : identity.sessionAddress;
  const credentials = channelCredentials(address, identity.trustBundlePem, ...(late ? [] : [identity]));
  const client = new EnrollmentService(address, credentials, channelOptions(address));
  const proof = late ? { lateCertificate: identity.certificatePem, lateSignature: signLate(csr, identity.privateKeyPem) } : {};
  const answer = await new Promise<Result<EnrolledIdentity>>((resolve) => {
    client.renew({ csr, ...proof }, { deadline: clock.now() + CALL_DEADLINE_MS }, (error, response) => {
      if (response) {
        const renewed = { ...identity, privateKeyPem, certificatePem: response.certificate };
        const trustBundlePem = response.trustBundle || identity.trustBundlePem;
        const wrong = unusable(identity, { ...renewed, trustBundlePem }, clock);
        if (wrong === undefined) resolve(ok({ ...renewed, trustBundlePem }));
        else resolve(fail({ code: "renewal-refused", message: `What the controller gave for the certificate is not taken: ${wrong}.` }));
      } else resolve(fail({ code: "renewal-failed", message: `The certificate could not be renewed: ${error?.details ?? "no answer"}` }));
    });
  });
  client.close();
  if (answer.ok) await writeIdentity(stateDir, answer.value);
  return answer;
}

/** Whether a controller still counts on a certificate: "unknown" where it could not be asked. */
export interface CertificateStanding {
  readonly state: "in-force" | "refused" | "unknown";
  /** The controller's own words; empty when it is in force. */
  readonly detail: string;
}

/**
 * Asks for a renewal without a request for one, which changes nothing anywhere: a controller looks at who asks before it looks at what
 * is asked. TLS alone does not tell, since a revoked certificate is as well signed as any.
 */
export function askCertificateStanding(identity: EnrolledIdentity, timeoutMs: number): Promise<CertificateStanding> {
  const { sessionAddress, trustBundlePem } = identity;
  const client = new EnrollmentService(
    sessionAddress,
    channelCredentials(sessionAddress, trustBundlePem, identity),
    channelOptions(sessionAddress),
  );
  return new Promise((resolve) => {
    client.renew({ csr: Buffer.alloc(0) }, { deadline: Date.now() + timeoutMs }, (error) => {
      client.close();
      const refused = error?.code === status.PERMISSION_DENIED || error?.code === status.UNAUTHENTICATED;
      const asked = !error || error.code === status.INVALID_ARGUMENT;
      resolve({ state: asked ? "in-force" : refused ? "refused" : "unknown", detail: asked ? "" : error.details });
    });
  });
}

const signLate = (csr: Buffer, privateKeyPem: string): Buffer => sign("sha256", lateRenewalText(csr), privateKeyPem);

/**
 * Why a renewed identity must not take the present one's place; undefined when it may. An authority is new only when one
 * that is trusted already has signed it: nobody is handed over to strangers by a controller that was taken over.
 */
function unusable(present: EnrolledIdentity, renewed: EnrolledIdentity, clock: Clock): string | undefined {
  try {
    const trusted = certificatesOf(present.trustBundlePem);
    const authorities = certificatesOf(renewed.trustBundlePem);
    const known = (a: X509Certificate) => trusted.some((t) => t.fingerprint256 === a.fingerprint256 || issued(t, a));
    const stranger = authorities.find((a) => !known(a));
    if (stranger) return `its authority ${fingerprintOf(stranger)} is not trusted and none that is has signed it`;
    const certificate = new X509Certificate(renewed.certificatePem);
    if (!certificate.checkPrivateKey(createPrivateKey(renewed.privateKeyPem))) return "the certificate is for another key";
    const names = (certificate.subjectAltName ?? "").split(", ");
    if (!names.includes(`URI:spiffe://breakwater/endpoint/${present.endpointId}`)) return "the certificate is for another endpoint";
    if (Date.parse(certificate.validTo) <= clock.now()) return "the certificate is over already";
    if (!authorities.some((a) => issued(a, certificate))) return "no authority that is trusted has signed the certificate";
    return undefined;
  } catch (error) {
    return `it cannot be read (${(error as Error).message})`;
  }
}

const issued = (by: X509Certificate, certificate: X509Certificate): boolean =>
  certificate.checkIssued(by) && certificate.verify(by.publicKey);
const certificatesOf = (bundlePem: string): X509Certificate[] =>
  (bundlePem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((pem) => new X509Certificate(pem));
