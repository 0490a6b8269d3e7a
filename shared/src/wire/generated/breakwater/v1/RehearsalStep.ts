// Original file: proto/breakwater/v1/command.proto


export interface RehearsalStep {
  'name'?: (string);
  /**
   * "ok", "failed", "hung", "skipped", "unfinished"
   */
  'outcome'?: (string);
  'seconds'?: (number | string);
  'detail'?: (string);
  /**
   * The last lines that the tools printed, at most 8 KiB.
   */
  'output'?: (string);
}

export interface RehearsalStep__Output {
  'name': (string);
  /**
   * "ok", "failed", "hung", "skipped", "unfinished"
   */
  'outcome': (string);
  'seconds': (number);
  'detail': (string);
  /**
   * The last lines that the tools printed, at most 8 KiB.
   */
  'output': (string);
}
