// Original file: proto/breakwater/v1/enrollment.proto


export interface OperatorKey {
  'keyId'?: (string);
  /**
   * Raw Ed25519 public key, 32 bytes.
   */
  'publicKey'?: (Buffer | Uint8Array | string);
  'owner'?: (string);
}

export interface OperatorKey__Output {
  'keyId': (string);
  /**
   * Raw Ed25519 public key, 32 bytes.
   */
  'publicKey': (Buffer);
  'owner': (string);
}
