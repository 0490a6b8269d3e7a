// Original file: proto/breakwater/v1/session.proto

import type { Settings as _breakwater_v1_Settings, Settings__Output as _breakwater_v1_Settings__Output } from '../../breakwater/v1/Settings.ts';

export interface Welcome {
  'protocol'?: (number);
  'controllerVersion'?: (string);
  'clock'?: (string);
  'settings'?: (_breakwater_v1_Settings | null);
  'sendInventory'?: (boolean);
  /**
   * Executions the agent may forget: the controller holds their terminal state durably.
   */
  'forgetExecutions'?: (string)[];
}

export interface Welcome__Output {
  'protocol': (number);
  'controllerVersion': (string);
  'clock': (string);
  'settings': (_breakwater_v1_Settings__Output | null);
  'sendInventory': (boolean);
  /**
   * Executions the agent may forget: the controller holds their terminal state durably.
   */
  'forgetExecutions': (string)[];
}
