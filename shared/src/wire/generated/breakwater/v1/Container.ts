// Original file: proto/breakwater/v1/inventory.proto


export interface Container {
  'id'?: (string);
  'name'?: (string);
  'state'?: (string);
}

export interface Container__Output {
  'id': (string);
  'name': (string);
  'state': (string);
}
