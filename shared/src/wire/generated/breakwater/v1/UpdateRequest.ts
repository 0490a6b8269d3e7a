// Original file: proto/breakwater/v1/inventory.proto


export interface UpdateRequest {
  'ecosystem'?: (string);
  'name'?: (string);
  'architecture'?: (string);
  'fromVersion'?: (string);
  'toVersion'?: (string);
}

export interface UpdateRequest__Output {
  'ecosystem': (string);
  'name': (string);
  'architecture': (string);
  'fromVersion': (string);
  'toVersion': (string);
}
