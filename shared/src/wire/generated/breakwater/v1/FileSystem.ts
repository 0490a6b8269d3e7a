// Original file: proto/breakwater/v1/inventory.proto

import type { Long } from '@grpc/proto-loader';

export interface FileSystem {
  'mountPoint'?: (string);
  'type'?: (string);
  'sizeBytes'?: (number | string | Long);
  'availableBytes'?: (number | string | Long);
}

export interface FileSystem__Output {
  'mountPoint': (string);
  'type': (string);
  'sizeBytes': (number);
  'availableBytes': (number);
}
