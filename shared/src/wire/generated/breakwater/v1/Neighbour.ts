// Original file: proto/breakwater/v1/inventory.proto


export interface Neighbour {
  'address'?: (string);
  'mac'?: (string);
  'interface'?: (string);
  /**
   * It says so itself (NDP), or is the next hop of a route of this machine.
   */
  'router'?: (boolean);
}

export interface Neighbour__Output {
  'address': (string);
  'mac': (string);
  'interface': (string);
  /**
   * It says so itself (NDP), or is the next hop of a route of this machine.
   */
  'router': (boolean);
}
