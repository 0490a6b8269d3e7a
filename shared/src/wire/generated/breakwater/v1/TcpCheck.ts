// Original file: proto/breakwater/v1/command.proto


export interface TcpCheck {
  'host'?: (string);
  'port'?: (number);
}

export interface TcpCheck__Output {
  'host': (string);
  'port': (number);
}
