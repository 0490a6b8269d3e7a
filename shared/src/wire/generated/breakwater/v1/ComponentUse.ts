// Original file: proto/breakwater/v1/inventory.proto


export interface ComponentUse {
  'pid'?: (number);
  'process'?: (string);
  'unit'?: (string);
  /**
   * "executable", "open-file", "mapped", "script", "working-directory", "interpreter"; the last is the weakest: it could load it.
   */
  'how'?: (string);
}

export interface ComponentUse__Output {
  'pid': (number);
  'process': (string);
  'unit': (string);
  /**
   * "executable", "open-file", "mapped", "script", "working-directory", "interpreter"; the last is the weakest: it could load it.
   */
  'how': (string);
}
