// Original file: proto/breakwater/v1/command.proto

import type { Long } from '@grpc/proto-loader';

export interface RehearsalCost {
  'seconds'?: (number | string);
  'cpuSeconds'?: (number | string);
  /**
   * The most that the copy's own layer held.
   */
  'diskBytes'?: (number | string | Long);
  /**
   * 0 where the kernel does not tell.
   */
  'memoryPeakBytes'?: (number | string | Long);
}

export interface RehearsalCost__Output {
  'seconds': (number);
  'cpuSeconds': (number);
  /**
   * The most that the copy's own layer held.
   */
  'diskBytes': (number);
  /**
   * 0 where the kernel does not tell.
   */
  'memoryPeakBytes': (number);
}
