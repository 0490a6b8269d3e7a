// Original file: proto/breakwater/v1/inventory.proto


export interface NewPackage {
  'name'?: (string);
  'architecture'?: (string);
  'version'?: (string);
}

export interface NewPackage__Output {
  'name': (string);
  'architecture': (string);
  'version': (string);
}
