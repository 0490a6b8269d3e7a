// Original file: proto/breakwater/v1/command.proto

import type { Long } from '@grpc/proto-loader';

/**
 * How many changing commands the executor begins of its own accord, whatever is approved.
 */
export interface RateFuse {
  'perHour'?: (number);
  'perDay'?: (number);
  /**
   * Begun within the last hour and day of running time: changes, and ways back, which are counted apart.
   */
  'appliesHour'?: (number);
  'appliesDay'?: (number);
  'rollbacksHour'?: (number);
  'rollbacksDay'?: (number);
  /**
   * Running time until a change may begin again; 0 when one may.
   */
  'opensInSeconds'?: (number | string | Long);
}

/**
 * How many changing commands the executor begins of its own accord, whatever is approved.
 */
export interface RateFuse__Output {
  'perHour': (number);
  'perDay': (number);
  /**
   * Begun within the last hour and day of running time: changes, and ways back, which are counted apart.
   */
  'appliesHour': (number);
  'appliesDay': (number);
  'rollbacksHour': (number);
  'rollbacksDay': (number);
  /**
   * Running time until a change may begin again; 0 when one may.
   */
  'opensInSeconds': (number);
}
