// Original file: proto/breakwater/v1/command.proto

import type { Apply as _breakwater_v1_Apply, Apply__Output as _breakwater_v1_Apply__Output } from '../../breakwater/v1/Apply.ts';
import type { Rollback as _breakwater_v1_Rollback, Rollback__Output as _breakwater_v1_Rollback__Output } from '../../breakwater/v1/Rollback.ts';
import type { Cancel as _breakwater_v1_Cancel, Cancel__Output as _breakwater_v1_Cancel__Output } from '../../breakwater/v1/Cancel.ts';
import type { Rehearse as _breakwater_v1_Rehearse, Rehearse__Output as _breakwater_v1_Rehearse__Output } from '../../breakwater/v1/Rehearse.ts';

/**
 * What the controller may ask of an endpoint. The action itself is canonical JSON (shared/src/command), because operators
 * sign it: the bytes that were approved are the bytes that are sent.
 */
export interface Command {
  'executionId'?: (string);
  'apply'?: (_breakwater_v1_Apply | null);
  'rollback'?: (_breakwater_v1_Rollback | null);
  /**
   * Stop at the next safe point. Never kills a package manager.
   */
  'cancel'?: (_breakwater_v1_Cancel | null);
  /**
   * Try the action on a throw-away copy of the endpoint; the endpoint itself is not changed.
   */
  'rehearse'?: (_breakwater_v1_Rehearse | null);
  'body'?: "apply"|"rollback"|"cancel"|"rehearse";
}

/**
 * What the controller may ask of an endpoint. The action itself is canonical JSON (shared/src/command), because operators
 * sign it: the bytes that were approved are the bytes that are sent.
 */
export interface Command__Output {
  'executionId': (string);
  'apply'?: (_breakwater_v1_Apply__Output | null);
  'rollback'?: (_breakwater_v1_Rollback__Output | null);
  /**
   * Stop at the next safe point. Never kills a package manager.
   */
  'cancel'?: (_breakwater_v1_Cancel__Output | null);
  /**
   * Try the action on a throw-away copy of the endpoint; the endpoint itself is not changed.
   */
  'rehearse'?: (_breakwater_v1_Rehearse__Output | null);
  'body'?: "apply"|"rollback"|"cancel"|"rehearse";
}
