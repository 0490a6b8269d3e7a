// Original file: proto/breakwater/v1/command.proto

import type { PackageState as _breakwater_v1_PackageState, PackageState__Output as _breakwater_v1_PackageState__Output } from '../../breakwater/v1/PackageState.ts';
import type { CheckResult as _breakwater_v1_CheckResult, CheckResult__Output as _breakwater_v1_CheckResult__Output } from '../../breakwater/v1/CheckResult.ts';
import type { OutputChunk as _breakwater_v1_OutputChunk, OutputChunk__Output as _breakwater_v1_OutputChunk__Output } from '../../breakwater/v1/OutputChunk.ts';
import type { RehearsalReport as _breakwater_v1_RehearsalReport, RehearsalReport__Output as _breakwater_v1_RehearsalReport__Output } from '../../breakwater/v1/RehearsalReport.ts';

/**
 * One step of an execution, in order, each acknowledged. The agent repeats them until they are.
 */
export interface ExecutionReport {
  'executionId'?: (string);
  /**
   * Counts up from 1 within the execution; the controller drops what it has already.
   */
  'step'?: (number);
  /**
   * "accepted", "prechecking", "prefetched", "applying", "verifying", "succeeded", "failed", "rolling-back",
   * "rolled-back", "rollback-failed", "refused", "cancelled"; of a rehearsal "accepted", "rehearsing", "rehearsed"
   */
  'state'?: (string);
  'at'?: (string);
  /**
   * Class of a failure, e.g. "postinst-failed", "no-space", "lock-timeout", "check-failed", "commit-confirm".
   */
  'failureClass'?: (string);
  'message'?: (string);
  /**
   * The last lines of the tools' output that explain this step, at most 16 KiB.
   */
  'output'?: (string);
  'packages'?: (_breakwater_v1_PackageState)[];
  'checks'?: (_breakwater_v1_CheckResult)[];
  /**
   * "before", "after": whether dpkg's own state is sound: "healthy", "broken", "repaired".
   */
  'packageManagerHealth'?: (string);
  /**
   * Bytes of live output since the last report of this step; 0 when this is a state change.
   */
  'live'?: (_breakwater_v1_OutputChunk | null);
  'terminal'?: (boolean);
  /**
   * Digest of the journal up to this record, so that both sides can agree on what happened.
   */
  'journalDigest'?: (string);
  /**
   * What a rehearsal came to; set in its last report.
   */
  'rehearsal'?: (_breakwater_v1_RehearsalReport | null);
}

/**
 * One step of an execution, in order, each acknowledged. The agent repeats them until they are.
 */
export interface ExecutionReport__Output {
  'executionId': (string);
  /**
   * Counts up from 1 within the execution; the controller drops what it has already.
   */
  'step': (number);
  /**
   * "accepted", "prechecking", "prefetched", "applying", "verifying", "succeeded", "failed", "rolling-back",
   * "rolled-back", "rollback-failed", "refused", "cancelled"; of a rehearsal "accepted", "rehearsing", "rehearsed"
   */
  'state': (string);
  'at': (string);
  /**
   * Class of a failure, e.g. "postinst-failed", "no-space", "lock-timeout", "check-failed", "commit-confirm".
   */
  'failureClass': (string);
  'message': (string);
  /**
   * The last lines of the tools' output that explain this step, at most 16 KiB.
   */
  'output': (string);
  'packages': (_breakwater_v1_PackageState__Output)[];
  'checks': (_breakwater_v1_CheckResult__Output)[];
  /**
   * "before", "after": whether dpkg's own state is sound: "healthy", "broken", "repaired".
   */
  'packageManagerHealth': (string);
  /**
   * Bytes of live output since the last report of this step; 0 when this is a state change.
   */
  'live': (_breakwater_v1_OutputChunk__Output | null);
  'terminal': (boolean);
  /**
   * Digest of the journal up to this record, so that both sides can agree on what happened.
   */
  'journalDigest': (string);
  /**
   * What a rehearsal came to; set in its last report.
   */
  'rehearsal': (_breakwater_v1_RehearsalReport__Output | null);
}
