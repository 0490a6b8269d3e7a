// Original file: proto/breakwater/v1/inventory.proto


export interface MappingProcess {
  'pid'?: (number);
  'name'?: (string);
  'unit'?: (string);
}

export interface MappingProcess__Output {
  'pid': (number);
  'name': (string);
  'unit': (string);
}
