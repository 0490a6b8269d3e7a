// Original file: proto/breakwater/v1/inventory.proto

import type { Interface as _breakwater_v1_Interface, Interface__Output as _breakwater_v1_Interface__Output } from '../../breakwater/v1/Interface.ts';
import type { Neighbourhood as _breakwater_v1_Neighbourhood, Neighbourhood__Output as _breakwater_v1_Neighbourhood__Output } from '../../breakwater/v1/Neighbourhood.ts';

/**
 * The machine's own places in networks, and what it has as neighbours there.
 */
export interface Network {
  'interfaces'?: (_breakwater_v1_Interface)[];
  /**
   * Absent: the machine's owner did not allow it, or nobody could look.
   */
  'neighbourhood'?: (_breakwater_v1_Neighbourhood | null);
}

/**
 * The machine's own places in networks, and what it has as neighbours there.
 */
export interface Network__Output {
  'interfaces': (_breakwater_v1_Interface__Output)[];
  /**
   * Absent: the machine's owner did not allow it, or nobody could look.
   */
  'neighbourhood': (_breakwater_v1_Neighbourhood__Output | null);
}
