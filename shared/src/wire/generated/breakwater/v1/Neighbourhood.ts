// Original file: proto/breakwater/v1/inventory.proto

import type { Neighbour as _breakwater_v1_Neighbour, Neighbour__Output as _breakwater_v1_Neighbour__Output } from '../../breakwater/v1/Neighbour.ts';

/**
 * What the kernel knows of its own subnets from talking to them: nothing was sent to find it out.
 */
export interface Neighbourhood {
  'neighbours'?: (_breakwater_v1_Neighbour)[];
  /**
   * All that the kernel knew, when more than are named.
   */
  'total'?: (number);
}

/**
 * What the kernel knows of its own subnets from talking to them: nothing was sent to find it out.
 */
export interface Neighbourhood__Output {
  'neighbours': (_breakwater_v1_Neighbour__Output)[];
  /**
   * All that the kernel knew, when more than are named.
   */
  'total': (number);
}
