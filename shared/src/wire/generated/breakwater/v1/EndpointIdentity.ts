// Original file: proto/breakwater/v1/enrollment.proto

import type { OperatingSystem as _breakwater_v1_OperatingSystem, OperatingSystem__Output as _breakwater_v1_OperatingSystem__Output } from '../../breakwater/v1/OperatingSystem.ts';

export interface EndpointIdentity {
  'hostname'?: (string);
  'machineId'?: (string);
  'agentVersion'?: (string);
  'os'?: (_breakwater_v1_OperatingSystem | null);
}

export interface EndpointIdentity__Output {
  'hostname': (string);
  'machineId': (string);
  'agentVersion': (string);
  'os': (_breakwater_v1_OperatingSystem__Output | null);
}
