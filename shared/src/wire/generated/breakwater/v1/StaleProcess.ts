// Original file: proto/breakwater/v1/inventory.proto


export interface StaleProcess {
  'pid'?: (number);
  'name'?: (string);
  'unit'?: (string);
}

export interface StaleProcess__Output {
  'pid': (number);
  'name': (string);
  'unit': (string);
}
