// Original file: proto/breakwater/v1/command.proto


export interface RehearsedPackage {
  'name'?: (string);
  'architecture'?: (string);
  'before'?: (string);
  'wanted'?: (string);
  'after'?: (string);
  'afterRollback'?: (string);
}

export interface RehearsedPackage__Output {
  'name': (string);
  'architecture': (string);
  'before': (string);
  'wanted': (string);
  'after': (string);
  'afterRollback': (string);
}
