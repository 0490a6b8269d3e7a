// Original file: proto/breakwater/v1/telemetry.proto


export interface WatchRequest {
  /**
   * Empty lists match everything; within a list any match will do; the lists must all match.
   */
  'endpointIds'?: (string)[];
  'tags'?: (string)[];
  'metrics'?: (string)[];
}

export interface WatchRequest__Output {
  /**
   * Empty lists match everything; within a list any match will do; the lists must all match.
   */
  'endpointIds': (string)[];
  'tags': (string)[];
  'metrics': (string)[];
}
