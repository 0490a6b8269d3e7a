/** What the key of a certificate that ran out signs: the request for the new one, and nothing else that the key ever signed. */
export const lateRenewalText = (csr: Uint8Array): Uint8Array => Buffer.concat([Buffer.from("breakwater-late-renewal-v1\n"), csr]);
