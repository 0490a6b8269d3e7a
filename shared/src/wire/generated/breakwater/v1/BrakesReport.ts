// Original file: proto/breakwater/v1/command.proto

import type { StandingHalt as _breakwater_v1_StandingHalt, StandingHalt__Output as _breakwater_v1_StandingHalt__Output } from '../../breakwater/v1/StandingHalt.ts';
import type { RefusedOrder as _breakwater_v1_RefusedOrder, RefusedOrder__Output as _breakwater_v1_RefusedOrder__Output } from '../../breakwater/v1/RefusedOrder.ts';
import type { RateFuse as _breakwater_v1_RateFuse, RateFuse__Output as _breakwater_v1_RateFuse__Output } from '../../breakwater/v1/RateFuse.ts';

/**
 * What holds the executor back, sent after Welcome and at each change.
 */
export interface BrakesReport {
  'halts'?: (_breakwater_v1_StandingHalt)[];
  /**
   * Digests of halts that were lifted here, the latest 200.
   */
  'lifted'?: (string)[];
  /**
   * Orders that were not taken, the latest 20.
   */
  'refused'?: (_breakwater_v1_RefusedOrder)[];
  /**
   * Set when what is kept of halts or counts cannot be read: then nothing is begun.
   */
  'problem'?: (string);
  'fuse'?: (_breakwater_v1_RateFuse | null);
}

/**
 * What holds the executor back, sent after Welcome and at each change.
 */
export interface BrakesReport__Output {
  'halts': (_breakwater_v1_StandingHalt__Output)[];
  /**
   * Digests of halts that were lifted here, the latest 200.
   */
  'lifted': (string)[];
  /**
   * Orders that were not taken, the latest 20.
   */
  'refused': (_breakwater_v1_RefusedOrder__Output)[];
  /**
   * Set when what is kept of halts or counts cannot be read: then nothing is begun.
   */
  'problem': (string);
  'fuse': (_breakwater_v1_RateFuse__Output | null);
}
