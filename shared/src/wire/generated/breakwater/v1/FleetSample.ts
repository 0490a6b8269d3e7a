// Original file: proto/breakwater/v1/telemetry.proto


export interface FleetSample {
  'endpointId'?: (string);
  'metric'?: (string);
  'subject'?: (string);
  'at'?: (string);
  'value'?: (number | string);
}

export interface FleetSample__Output {
  'endpointId': (string);
  'metric': (string);
  'subject': (string);
  'at': (string);
  'value': (number);
}
