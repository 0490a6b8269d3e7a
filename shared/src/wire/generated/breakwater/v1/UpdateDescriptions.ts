// Original file: proto/breakwater/v1/inventory.proto

import type { UpdateDescription as _breakwater_v1_UpdateDescription, UpdateDescription__Output as _breakwater_v1_UpdateDescription__Output } from '../../breakwater/v1/UpdateDescription.ts';

export interface UpdateDescriptions {
  'descriptions'?: (_breakwater_v1_UpdateDescription)[];
}

export interface UpdateDescriptions__Output {
  'descriptions': (_breakwater_v1_UpdateDescription__Output)[];
}
