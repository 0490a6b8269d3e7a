import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A fresh P-256 key (PKCS #8 PEM) and a PKCS #10 request for it (DER). The subject is a courtesy: the controller takes the key only. */
export async function newKeyAndRequest(hostname: string): Promise<{ privateKeyPem: string; csr: Buffer }> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const request = await Pkcs10CertificateRequestGenerator.create(
    { name: [{ CN: [hostname.slice(0, 64) || "endpoint"] }], keys, signingAlgorithm: ALGORITHM },
    webcrypto as unknown as Crypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    privateKeyPem: `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)?.join("\n")}\n-----END PRIVATE KEY-----\n`,
    csr: Buffer.from(request.rawData),
  };
}
