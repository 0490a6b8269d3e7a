// Original file: proto/breakwater/v1/inventory.proto


export interface Interface {
  'name'?: (string);
  /**
   * Lower case, "52:54:00:12:34:56"; empty when it has none.
   */
  'mac'?: (string);
  /**
   * With their prefix, "10.0.0.5/24"; without loopback and link-local ones.
   */
  'addresses'?: (string)[];
}

export interface Interface__Output {
  'name': (string);
  /**
   * Lower case, "52:54:00:12:34:56"; empty when it has none.
   */
  'mac': (string);
  /**
   * With their prefix, "10.0.0.5/24"; without loopback and link-local ones.
   */
  'addresses': (string)[];
}
