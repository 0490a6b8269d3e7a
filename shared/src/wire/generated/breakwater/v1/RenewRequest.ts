// Original file: proto/breakwater/v1/enrollment.proto


export interface RenewRequest {
  'csr'?: (Buffer | Uint8Array | string);
  /**
   * The certificate that ran out, PEM, and a signature (ECDSA, SHA-256, DER) by its key over "breakwater-late-renewal-v1\n"
   * and the bytes of csr. Only on the enrolment listener.
   */
  'lateCertificate'?: (string);
  'lateSignature'?: (Buffer | Uint8Array | string);
}

export interface RenewRequest__Output {
  'csr': (Buffer);
  /**
   * The certificate that ran out, PEM, and a signature (ECDSA, SHA-256, DER) by its key over "breakwater-late-renewal-v1\n"
   * and the bytes of csr. Only on the enrolment listener.
   */
  'lateCertificate': (string);
  'lateSignature': (Buffer);
}
