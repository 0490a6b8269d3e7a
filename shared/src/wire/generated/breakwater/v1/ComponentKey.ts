// Original file: proto/breakwater/v1/inventory.proto


export interface ComponentKey {
  'ecosystem'?: (string);
  'name'?: (string);
  'version'?: (string);
  'path'?: (string);
}

export interface ComponentKey__Output {
  'ecosystem': (string);
  'name': (string);
  'version': (string);
  'path': (string);
}
