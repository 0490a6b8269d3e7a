// Original file: proto/breakwater/v1/command.proto


export interface CheckResult {
  'name'?: (string);
  'passed'?: (boolean);
  'detail'?: (string);
  'latencyMs'?: (number | string);
}

export interface CheckResult__Output {
  'name': (string);
  'passed': (boolean);
  'detail': (string);
  'latencyMs': (number);
}
