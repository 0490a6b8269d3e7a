// Original file: proto/breakwater/v1/inventory.proto


/**
 * A package of which some file is mapped by a running process.
 */
export interface LoadedPackage {
  'name'?: (string);
  'pids'?: (number)[];
  'units'?: (string)[];
  /**
   * A mapped file was replaced since: the process still runs the old one.
   */
  'restartNeeded'?: (boolean);
  /**
   * Widest reach of the processes that have it mapped: "none" (no listener), "loopback", "private", "public".
   */
  'reach'?: (string);
}

/**
 * A package of which some file is mapped by a running process.
 */
export interface LoadedPackage__Output {
  'name': (string);
  'pids': (number)[];
  'units': (string)[];
  /**
   * A mapped file was replaced since: the process still runs the old one.
   */
  'restartNeeded': (boolean);
  /**
   * Widest reach of the processes that have it mapped: "none" (no listener), "loopback", "private", "public".
   */
  'reach': (string);
}
