// Original file: proto/breakwater/v1/command.proto


export interface PackageState {
  'name'?: (string);
  'architecture'?: (string);
  'before'?: (string);
  'wanted'?: (string);
  'after'?: (string);
  'status'?: (string);
}

export interface PackageState__Output {
  'name': (string);
  'architecture': (string);
  'before': (string);
  'wanted': (string);
  'after': (string);
  'status': (string);
}
