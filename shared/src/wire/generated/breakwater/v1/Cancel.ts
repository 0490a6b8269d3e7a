// Original file: proto/breakwater/v1/command.proto


export interface Cancel {
  'reason'?: (string);
}

export interface Cancel__Output {
  'reason': (string);
}
