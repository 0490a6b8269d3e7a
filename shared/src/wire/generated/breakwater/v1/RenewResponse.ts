// Original file: proto/breakwater/v1/enrollment.proto


export interface RenewResponse {
  'certificate'?: (string);
  'trustBundle'?: (string);
}

export interface RenewResponse__Output {
  'certificate': (string);
  'trustBundle': (string);
}
