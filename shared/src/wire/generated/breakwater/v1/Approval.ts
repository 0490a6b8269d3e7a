// Original file: proto/breakwater/v1/command.proto


export interface Approval {
  'keyId'?: (string);
  /**
   * Ed25519 over the UTF-8 text "breakwater-approval-v1\n" + hex plan digest; with expires_at over
   * "breakwater-approval-v2\n" + canonical JSON of {at, digest, expiresAt}. Of a passkey: the signature of its assertion,
   * whose challenge is the SHA-256 of that text.
   */
  'signature'?: (Buffer | Uint8Array | string);
  'approver'?: (string);
  'at'?: (string);
  /**
   * RFC 3339; empty: for as long as the plan. An agent that does not know it does not count the approval.
   */
  'expiresAt'?: (string);
  /**
   * Of a passkey only; empty for key files. An agent that does not know them does not count the approval.
   */
  'authenticatorData'?: (Buffer | Uint8Array | string);
  'clientDataJson'?: (Buffer | Uint8Array | string);
}

export interface Approval__Output {
  'keyId': (string);
  /**
   * Ed25519 over the UTF-8 text "breakwater-approval-v1\n" + hex plan digest; with expires_at over
   * "breakwater-approval-v2\n" + canonical JSON of {at, digest, expiresAt}. Of a passkey: the signature of its assertion,
   * whose challenge is the SHA-256 of that text.
   */
  'signature': (Buffer);
  'approver': (string);
  'at': (string);
  /**
   * RFC 3339; empty: for as long as the plan. An agent that does not know it does not count the approval.
   */
  'expiresAt': (string);
  /**
   * Of a passkey only; empty for key files. An agent that does not know them does not count the approval.
   */
  'authenticatorData': (Buffer);
  'clientDataJson': (Buffer);
}
