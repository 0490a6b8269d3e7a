// Original file: proto/breakwater/v1/command.proto


export interface StandingHalt {
  /**
   * Hex SHA-256 of the signed text.
   */
  'digest'?: (string);
  /**
   * The signed order as it came.
   */
  'order'?: (string);
  /**
   * How it came here: "controller", "hand", "file".
   */
  'via'?: (string);
  'receivedAt'?: (string);
}

export interface StandingHalt__Output {
  /**
   * Hex SHA-256 of the signed text.
   */
  'digest': (string);
  /**
   * The signed order as it came.
   */
  'order': (string);
  /**
   * How it came here: "controller", "hand", "file".
   */
  'via': (string);
  'receivedAt': (string);
}
