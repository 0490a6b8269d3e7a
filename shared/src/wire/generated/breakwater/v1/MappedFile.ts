// Original file: proto/breakwater/v1/inventory.proto

import type { MappingProcess as _breakwater_v1_MappingProcess, MappingProcess__Output as _breakwater_v1_MappingProcess__Output } from '../../breakwater/v1/MappingProcess.ts';

/**
 * A file of a package with some of the processes that have it mapped.
 */
export interface MappedFile {
  'path'?: (string);
  /**
   * What is mapped was replaced or removed since; the path is what it was called.
   */
  'replaced'?: (boolean);
  'by'?: (_breakwater_v1_MappingProcess)[];
}

/**
 * A file of a package with some of the processes that have it mapped.
 */
export interface MappedFile__Output {
  'path': (string);
  /**
   * What is mapped was replaced or removed since; the path is what it was called.
   */
  'replaced': (boolean);
  'by': (_breakwater_v1_MappingProcess__Output)[];
}
