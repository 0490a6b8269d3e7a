// Original file: proto/breakwater/v1/session.proto


export interface Disconnect {
  'reason'?: (string);
  /**
   * Do not come back sooner.
   */
  'retryAfterSeconds'?: (number);
}

export interface Disconnect__Output {
  'reason': (string);
  /**
   * Do not come back sooner.
   */
  'retryAfterSeconds': (number);
}
