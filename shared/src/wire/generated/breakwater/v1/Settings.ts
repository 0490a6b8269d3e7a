// Original file: proto/breakwater/v1/session.proto

import type { Check as _breakwater_v1_Check, Check__Output as _breakwater_v1_Check__Output } from '../../breakwater/v1/Check.ts';

export interface Settings {
  'healthIntervalSeconds'?: (number);
  'inventoryIntervalSeconds'?: (number);
  /**
   * Checks of the endpoint's services that are to be sampled all the time, besides those a command brings.
   */
  'checks'?: (_breakwater_v1_Check)[];
  /**
   * Health may be told by the steps that figures moved; elder controllers want every figure each time.
   */
  'healthSteps'?: (boolean);
}

export interface Settings__Output {
  'healthIntervalSeconds': (number);
  'inventoryIntervalSeconds': (number);
  /**
   * Checks of the endpoint's services that are to be sampled all the time, besides those a command brings.
   */
  'checks': (_breakwater_v1_Check__Output)[];
  /**
   * Health may be told by the steps that figures moved; elder controllers want every figure each time.
   */
  'healthSteps': (boolean);
}
