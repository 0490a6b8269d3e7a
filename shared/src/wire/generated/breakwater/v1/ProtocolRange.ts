// Original file: proto/breakwater/v1/session.proto


export interface ProtocolRange {
  'lowest'?: (number);
  'highest'?: (number);
}

export interface ProtocolRange__Output {
  'lowest': (number);
  'highest': (number);
}
