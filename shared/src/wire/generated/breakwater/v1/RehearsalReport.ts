// Original file: proto/breakwater/v1/command.proto

import type { RehearsalStep as _breakwater_v1_RehearsalStep, RehearsalStep__Output as _breakwater_v1_RehearsalStep__Output } from '../../breakwater/v1/RehearsalStep.ts';
import type { RehearsedPackage as _breakwater_v1_RehearsedPackage, RehearsedPackage__Output as _breakwater_v1_RehearsedPackage__Output } from '../../breakwater/v1/RehearsedPackage.ts';
import type { RehearsedCheck as _breakwater_v1_RehearsedCheck, RehearsedCheck__Output as _breakwater_v1_RehearsedCheck__Output } from '../../breakwater/v1/RehearsedCheck.ts';
import type { RehearsalCost as _breakwater_v1_RehearsalCost, RehearsalCost__Output as _breakwater_v1_RehearsalCost__Output } from '../../breakwater/v1/RehearsalCost.ts';
import type { HostProof as _breakwater_v1_HostProof, HostProof__Output as _breakwater_v1_HostProof__Output } from '../../breakwater/v1/HostProof.ts';

/**
 * The exact transaction and its rollback, run on a copy of the endpoint that was thrown away afterwards.
 */
export interface RehearsalReport {
  /**
   * "passed", "failed", "not-rehearsable"
   */
  'verdict'?: (string);
  /**
   * "booted": services ran in the copy; "chroot": only the package manager and its scripts; "" when there was no copy.
   */
  'level'?: (string);
  /**
   * Of a failure, as in ExecutionReport.
   */
  'failureClass'?: (string);
  /**
   * One sentence: what failed, or why no rehearsal was possible.
   */
  'reason'?: (string);
  /**
   * What this level cannot see, in words.
   */
  'blindTo'?: (string)[];
  'warnings'?: (string)[];
  'steps'?: (_breakwater_v1_RehearsalStep)[];
  'packages'?: (_breakwater_v1_RehearsedPackage)[];
  'checks'?: (_breakwater_v1_RehearsedCheck)[];
  /**
   * Edited configuration files that were kept, where the package's own was laid.
   */
  'configurationReviews'?: (string)[];
  /**
   * Files that changed and belong to no package of the action: the first of them, and how many there are.
   */
  'filesOutside'?: (string)[];
  'filesOutsideCount'?: (number);
  /**
   * Services that became other processes, and so would be interrupted.
   */
  'restartedUnits'?: (string)[];
  'cost'?: (_breakwater_v1_RehearsalCost | null);
  'host'?: (_breakwater_v1_HostProof | null);
}

/**
 * The exact transaction and its rollback, run on a copy of the endpoint that was thrown away afterwards.
 */
export interface RehearsalReport__Output {
  /**
   * "passed", "failed", "not-rehearsable"
   */
  'verdict': (string);
  /**
   * "booted": services ran in the copy; "chroot": only the package manager and its scripts; "" when there was no copy.
   */
  'level': (string);
  /**
   * Of a failure, as in ExecutionReport.
   */
  'failureClass': (string);
  /**
   * One sentence: what failed, or why no rehearsal was possible.
   */
  'reason': (string);
  /**
   * What this level cannot see, in words.
   */
  'blindTo': (string)[];
  'warnings': (string)[];
  'steps': (_breakwater_v1_RehearsalStep__Output)[];
  'packages': (_breakwater_v1_RehearsedPackage__Output)[];
  'checks': (_breakwater_v1_RehearsedCheck__Output)[];
  /**
   * Edited configuration files that were kept, where the package's own was laid.
   */
  'configurationReviews': (string)[];
  /**
   * Files that changed and belong to no package of the action: the first of them, and how many there are.
   */
  'filesOutside': (string)[];
  'filesOutsideCount': (number);
  /**
   * Services that became other processes, and so would be interrupted.
   */
  'restartedUnits': (string)[];
  'cost': (_breakwater_v1_RehearsalCost__Output | null);
  'host': (_breakwater_v1_HostProof__Output | null);
}
