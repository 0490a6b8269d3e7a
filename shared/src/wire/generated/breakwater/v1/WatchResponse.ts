// Original file: proto/breakwater/v1/telemetry.proto

import type { FleetSample as _breakwater_v1_FleetSample, FleetSample__Output as _breakwater_v1_FleetSample__Output } from '../../breakwater/v1/FleetSample.ts';
import type { Long } from '@grpc/proto-loader';

export interface WatchResponse {
  'samples'?: (_breakwater_v1_FleetSample)[];
  /**
   * Samples that this watcher missed since the last response because it read too slowly. Old ones are dropped first.
   */
  'dropped'?: (number | string | Long);
}

export interface WatchResponse__Output {
  'samples': (_breakwater_v1_FleetSample__Output)[];
  /**
   * Samples that this watcher missed since the last response because it read too slowly. Old ones are dropped first.
   */
  'dropped': (number);
}
