// Original file: proto/breakwater/v1/inventory.proto


export interface CollectorProblem {
  'collector'?: (string);
  'code'?: (string);
  'message'?: (string);
}

export interface CollectorProblem__Output {
  'collector': (string);
  'code': (string);
  'message': (string);
}
