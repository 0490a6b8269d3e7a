// Original file: proto/breakwater/v1/telemetry.proto

import type { Sample as _breakwater_v1_Sample, Sample__Output as _breakwater_v1_Sample__Output } from '../../breakwater/v1/Sample.ts';

/**
 * All samples that one endpoint took at one moment.
 */
export interface HealthBatch {
  'at'?: (string);
  'samples'?: (_breakwater_v1_Sample)[];
}

/**
 * All samples that one endpoint took at one moment.
 */
export interface HealthBatch__Output {
  'at': (string);
  'samples': (_breakwater_v1_Sample__Output)[];
}
