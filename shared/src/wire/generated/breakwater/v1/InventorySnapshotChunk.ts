// Original file: proto/breakwater/v1/inventory.proto

import type { Inventory as _breakwater_v1_Inventory, Inventory__Output as _breakwater_v1_Inventory__Output } from '../../breakwater/v1/Inventory.ts';

/**
 * A snapshot travels in chunks (one gRPC message holds at most 4 MiB); `last` completes it. Chunks of one snapshot carry
 * the same digest; another digest in between means that the earlier one was abandoned.
 */
export interface InventorySnapshotChunk {
  'digest'?: (string);
  'index'?: (number);
  'last'?: (boolean);
  'part'?: (_breakwater_v1_Inventory | null);
}

/**
 * A snapshot travels in chunks (one gRPC message holds at most 4 MiB); `last` completes it. Chunks of one snapshot carry
 * the same digest; another digest in between means that the earlier one was abandoned.
 */
export interface InventorySnapshotChunk__Output {
  'digest': (string);
  'index': (number);
  'last': (boolean);
  'part': (_breakwater_v1_Inventory__Output | null);
}
