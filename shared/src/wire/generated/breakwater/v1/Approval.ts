// Original file: proto/breakwater/v1/command.proto


export interface Approval {
  'keyId'?: (string);
  /**
   * Ed25519 over the UTF-8 text "breakwater-approval-v1\n" + hex plan digest.
   */
  'signature'?: (Buffer | Uint8Array | string);
  'approver'?: (string);
  'at'?: (string);
}

export interface Approval__Output {
  'keyId': (string);
  /**
   * Ed25519 over the UTF-8 text "breakwater-approval-v1\n" + hex plan digest.
   */
  'signature': (Buffer);
  'approver': (string);
  'at': (string);
}
