// Original file: proto/breakwater/v1/inventory.proto


export interface Repository {
  'uri'?: (string);
  'suite'?: (string);
  'origin'?: (string);
  'label'?: (string);
  /**
   * RFC 3339; empty when the Release file does not say.
   */
  'releaseDate'?: (string);
  'validUntil'?: (string);
  /**
   * "trusted", "untrusted", "unreachable", "expired"
   */
  'state'?: (string);
  'detail'?: (string);
}

export interface Repository__Output {
  'uri': (string);
  'suite': (string);
  'origin': (string);
  'label': (string);
  /**
   * RFC 3339; empty when the Release file does not say.
   */
  'releaseDate': (string);
  'validUntil': (string);
  /**
   * "trusted", "untrusted", "unreachable", "expired"
   */
  'state': (string);
  'detail': (string);
}
