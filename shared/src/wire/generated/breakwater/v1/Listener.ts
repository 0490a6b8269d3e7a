// Original file: proto/breakwater/v1/inventory.proto


export interface Listener {
  /**
   * "tcp" or "udp"
   */
  'protocol'?: (string);
  'address'?: (string);
  'port'?: (number);
  /**
   * "loopback", "private", "public"
   */
  'scope'?: (string);
  'pid'?: (number);
  'process'?: (string);
  /**
   * Package that owns the process's executable, and its unit; empty when unknown.
   */
  'package'?: (string);
  'unit'?: (string);
}

export interface Listener__Output {
  /**
   * "tcp" or "udp"
   */
  'protocol': (string);
  'address': (string);
  'port': (number);
  /**
   * "loopback", "private", "public"
   */
  'scope': (string);
  'pid': (number);
  'process': (string);
  /**
   * Package that owns the process's executable, and its unit; empty when unknown.
   */
  'package': (string);
  'unit': (string);
}
