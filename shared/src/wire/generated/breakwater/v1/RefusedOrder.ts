// Original file: proto/breakwater/v1/command.proto


export interface RefusedOrder {
  'at'?: (string);
  /**
   * "halt-forged", "halt-untrusted", "halt-replayed", ...
   */
  'code'?: (string);
  'message'?: (string);
  'via'?: (string);
}

export interface RefusedOrder__Output {
  'at': (string);
  /**
   * "halt-forged", "halt-untrusted", "halt-replayed", ...
   */
  'code': (string);
  'message': (string);
  'via': (string);
}
