// Original file: proto/breakwater/v1/command.proto

import type { Long } from '@grpc/proto-loader';

export interface OutputChunk {
  'offset'?: (number | string | Long);
  'text'?: (string);
}

export interface OutputChunk__Output {
  'offset': (number);
  'text': (string);
}
