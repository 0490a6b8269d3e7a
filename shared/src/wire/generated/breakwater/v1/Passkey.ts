// Original file: proto/breakwater/v1/enrollment.proto


/**
 * A WebAuthn credential of an operator, without anything that would have to be decoded on the endpoint.
 */
export interface Passkey {
  'keyId'?: (string);
  /**
   * SubjectPublicKeyInfo, DER: P-256 or Ed25519.
   */
  'publicKey'?: (Buffer | Uint8Array | string);
  'owner'?: (string);
  /**
   * Where it may be used: the relying party's id and the console's origin.
   */
  'rpId'?: (string);
  'origin'?: (string);
}

/**
 * A WebAuthn credential of an operator, without anything that would have to be decoded on the endpoint.
 */
export interface Passkey__Output {
  'keyId': (string);
  /**
   * SubjectPublicKeyInfo, DER: P-256 or Ed25519.
   */
  'publicKey': (Buffer);
  'owner': (string);
  /**
   * Where it may be used: the relying party's id and the console's origin.
   */
  'rpId': (string);
  'origin': (string);
}
