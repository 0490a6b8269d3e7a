// Original file: proto/breakwater/v1/inventory.proto


export interface RebootState {
  'needed'?: (boolean);
  'reasons'?: (string)[];
}

export interface RebootState__Output {
  'needed': (boolean);
  'reasons': (string)[];
}
