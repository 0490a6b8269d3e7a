// Original file: proto/breakwater/v1/enrollment.proto


export interface RenewRequest {
  'csr'?: (Buffer | Uint8Array | string);
}

export interface RenewRequest__Output {
  'csr': (Buffer);
}
