// Original file: proto/breakwater/v1/telemetry.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The samples of a moment that has the same figures, in the same order, as the last HealthBatch of this stream: the places of
 * those whose value is another than in the message before, and by how many steps of its last decimal each moved. All others are
 * as they were.
 */
export interface HealthDelta {
  'atUnixMs'?: (number | string | Long);
  'places'?: (number)[];
  'steps'?: (number | string | Long)[];
}

/**
 * The samples of a moment that has the same figures, in the same order, as the last HealthBatch of this stream: the places of
 * those whose value is another than in the message before, and by how many steps of its last decimal each moved. All others are
 * as they were.
 */
export interface HealthDelta__Output {
  'atUnixMs': (number);
  'places': (number)[];
  'steps': (number)[];
}
