// Original file: proto/breakwater/v1/inventory.proto

import type { NotLooked as _breakwater_v1_NotLooked, NotLooked__Output as _breakwater_v1_NotLooked__Output } from '../../breakwater/v1/NotLooked.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * One look through the file systems, and what it did not look at: there, nothing found is not nothing there.
 */
export interface ComponentScan {
  'startedAt'?: (string);
  'endedAt'?: (string);
  'roots'?: (string)[];
  'directories'?: (number | string | Long);
  'files'?: (number | string | Long);
  'bytesRead'?: (number | string | Long);
  /**
   * What holds at and below these paths is unknown. At most 500 are named.
   */
  'notLooked'?: (_breakwater_v1_NotLooked)[];
  /**
   * All of them; when more than are named, absence proves nothing anywhere.
   */
  'notLookedTotal'?: (number);
}

/**
 * One look through the file systems, and what it did not look at: there, nothing found is not nothing there.
 */
export interface ComponentScan__Output {
  'startedAt': (string);
  'endedAt': (string);
  'roots': (string)[];
  'directories': (number);
  'files': (number);
  'bytesRead': (number);
  /**
   * What holds at and below these paths is unknown. At most 500 are named.
   */
  'notLooked': (_breakwater_v1_NotLooked__Output)[];
  /**
   * All of them; when more than are named, absence proves nothing anywhere.
   */
  'notLookedTotal': (number);
}
