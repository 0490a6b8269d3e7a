// Original file: proto/breakwater/v1/inventory.proto


export interface RebootState {
  'needed'?: (boolean);
  'reasons'?: (string)[];
  /**
   * Whether a new kernel can be tried once so that the old one comes back by itself: "yes", or why not. Empty: not said.
   */
  'kernelFallback'?: (string);
}

export interface RebootState__Output {
  'needed': (boolean);
  'reasons': (string)[];
  /**
   * Whether a new kernel can be tried once so that the old one comes back by itself: "yes", or why not. Empty: not said.
   */
  'kernelFallback': (string);
}
