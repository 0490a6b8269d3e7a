import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { Instant } from "@breakwater/shared/core";
import * as z from "zod";
import { readJsonFile, writeFileAtomically } from "./files.ts";

const schema = z.object({
  endpointId: z.string().min(1),
  /** host:port of the session listener. */
  sessionAddress: z.string().min(3),
  /** host:port that the agent enrolled at. */
  server: z.string().min(3),
  privateKeyPem: z.string(),
  certificatePem: z.string(),
  /** The authorities that the agent trusts for this controller. */
  trustBundlePem: z.string(),
  name: z.string(),
  enrolledAt: z.string(),
});

/**
 * Who this endpoint is to its controller. Key, certificate and trust lie in one file, so that no crash can leave a key
 * beside the certificate of another.
 */
export type EnrolledIdentity = Readonly<z.infer<typeof schema>>;

const pathIn = (stateDir: string): string => join(stateDir, "identity.json");

export const readIdentity = (stateDir: string): Promise<EnrolledIdentity | undefined> => readJsonFile(pathIn(stateDir), schema);
export const writeIdentity = (stateDir: string, identity: EnrolledIdentity): Promise<void> =>
  writeFileAtomically(pathIn(stateDir), `${JSON.stringify(identity, null, 2)}\n`, 0o600);

/** Life of the certificate. */
export function certificateLife(certificatePem: string): { notBefore: Instant; notAfter: Instant } {
  const certificate = new X509Certificate(certificatePem);
  return { notBefore: Date.parse(certificate.validFrom) as Instant, notAfter: Date.parse(certificate.validTo) as Instant };
}

/** Renewal is due once two thirds of the life are over, so that a controller may be away for the last third. */
export function renewalDue(certificatePem: string): Instant {
  const { notBefore, notAfter } = certificateLife(certificatePem);
  return (notBefore + ((notAfter - notBefore) * 2) / 3) as Instant;
}
