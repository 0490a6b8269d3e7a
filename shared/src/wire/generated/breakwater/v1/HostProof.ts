// Original file: proto/breakwater/v1/command.proto


/**
 * What was looked at on the endpoint itself before and after.
 */
export interface HostProof {
  'untouched'?: (boolean);
  'digestBefore'?: (string);
  'digestAfter'?: (string);
  /**
   * What differs, in words; something else may have changed it meanwhile.
   */
  'differences'?: (string)[];
}

/**
 * What was looked at on the endpoint itself before and after.
 */
export interface HostProof__Output {
  'untouched': (boolean);
  'digestBefore': (string);
  'digestAfter': (string);
  /**
   * What differs, in words; something else may have changed it meanwhile.
   */
  'differences': (string)[];
}
