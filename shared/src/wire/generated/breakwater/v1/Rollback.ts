// Original file: proto/breakwater/v1/command.proto


/**
 * Back to what this endpoint's own journal says was there before that execution. Needs no versions: the agent knows them.
 */
export interface Rollback {
  'ofExecutionId'?: (string);
  'reason'?: (string);
}

/**
 * Back to what this endpoint's own journal says was there before that execution. Needs no versions: the agent knows them.
 */
export interface Rollback__Output {
  'ofExecutionId': (string);
  'reason': (string);
}
