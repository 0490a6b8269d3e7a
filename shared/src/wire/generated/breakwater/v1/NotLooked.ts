// Original file: proto/breakwater/v1/inventory.proto


export interface NotLooked {
  'path'?: (string);
  /**
   * "limit", "unreadable", "file-system", "excluded", "refused"
   */
  'code'?: (string);
  'reason'?: (string);
}

export interface NotLooked__Output {
  'path': (string);
  /**
   * "limit", "unreadable", "file-system", "excluded", "refused"
   */
  'code': (string);
  'reason': (string);
}
