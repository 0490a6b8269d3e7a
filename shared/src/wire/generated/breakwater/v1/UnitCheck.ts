// Original file: proto/breakwater/v1/command.proto


export interface UnitCheck {
  'unit'?: (string);
}

export interface UnitCheck__Output {
  'unit': (string);
}
