// Original file: proto/breakwater/v1/inventory.proto


export interface Kernel {
  'running'?: (string);
  'newestInstalled'?: (string);
  /**
   * Package of the running kernel; empty in a container.
   */
  'package'?: (string);
  /**
   * Version of the package that the running kernel was built as, by its own word; empty where it does not say.
   */
  'runningVersion'?: (string);
}

export interface Kernel__Output {
  'running': (string);
  'newestInstalled': (string);
  /**
   * Package of the running kernel; empty in a container.
   */
  'package': (string);
  /**
   * Version of the package that the running kernel was built as, by its own word; empty where it does not say.
   */
  'runningVersion': (string);
}
