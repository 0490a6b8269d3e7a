// Original file: proto/breakwater/v1/command.proto


export interface ProcessCheck {
  'name'?: (string);
}

export interface ProcessCheck__Output {
  'name': (string);
}
