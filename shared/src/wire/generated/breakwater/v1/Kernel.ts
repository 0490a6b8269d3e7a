// Original file: proto/breakwater/v1/inventory.proto


export interface Kernel {
  'running'?: (string);
  'newestInstalled'?: (string);
  /**
   * Package of the running kernel; empty in a container.
   */
  'package'?: (string);
}

export interface Kernel__Output {
  'running': (string);
  'newestInstalled': (string);
  /**
   * Package of the running kernel; empty in a container.
   */
  'package': (string);
}
