// Original file: proto/breakwater/v1/inventory.proto

import type { Container as _breakwater_v1_Container, Container__Output as _breakwater_v1_Container__Output } from '../../breakwater/v1/Container.ts';
import type { Long } from '@grpc/proto-loader';

export interface ContainerImage {
  'id'?: (string);
  'names'?: (string)[];
  'digests'?: (string)[];
  /**
   * RFC 3339; empty when the runtime does not say.
   */
  'createdAt'?: (string);
  'sizeBytes'?: (number | string | Long);
  'containers'?: (_breakwater_v1_Container)[];
}

export interface ContainerImage__Output {
  'id': (string);
  'names': (string)[];
  'digests': (string)[];
  /**
   * RFC 3339; empty when the runtime does not say.
   */
  'createdAt': (string);
  'sizeBytes': (number);
  'containers': (_breakwater_v1_Container__Output)[];
}
