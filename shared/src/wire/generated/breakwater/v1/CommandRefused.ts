// Original file: proto/breakwater/v1/command.proto


export interface CommandRefused {
  'executionId'?: (string);
  /**
   * A code of shared/src/command's refusals, e.g. "policy-observe", "signature-missing", "expired".
   */
  'code'?: (string);
  'message'?: (string);
}

export interface CommandRefused__Output {
  'executionId': (string);
  /**
   * A code of shared/src/command's refusals, e.g. "policy-observe", "signature-missing", "expired".
   */
  'code': (string);
  'message': (string);
}
