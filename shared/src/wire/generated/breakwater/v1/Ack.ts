// Original file: proto/breakwater/v1/session.proto

import type { Long } from '@grpc/proto-loader';

export interface Ack {
  'sequence'?: (number | string | Long);
}

export interface Ack__Output {
  'sequence': (number);
}
