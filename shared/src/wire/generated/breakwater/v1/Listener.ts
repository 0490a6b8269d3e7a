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
  /**
   * Inode of the network namespace that it is in; empty: the machine's own. What is in another is reached in its own ways.
   */
  'namespace'?: (string);
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
  /**
   * Inode of the network namespace that it is in; empty: the machine's own. What is in another is reached in its own ways.
   */
  'namespace': (string);
}
