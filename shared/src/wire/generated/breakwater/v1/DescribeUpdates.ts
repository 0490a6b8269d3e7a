// Original file: proto/breakwater/v1/inventory.proto

import type { UpdateRequest as _breakwater_v1_UpdateRequest, UpdateRequest__Output as _breakwater_v1_UpdateRequest__Output } from '../../breakwater/v1/UpdateRequest.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * The controller asks one endpoint, once per package version in the fleet, what a pending update says it fixes.
 */
export interface DescribeUpdates {
  'updates'?: (_breakwater_v1_UpdateRequest)[];
  'downloadLimitBytes'?: (number | string | Long);
}

/**
 * The controller asks one endpoint, once per package version in the fleet, what a pending update says it fixes.
 */
export interface DescribeUpdates__Output {
  'updates': (_breakwater_v1_UpdateRequest__Output)[];
  'downloadLimitBytes': (number);
}
