// Original file: proto/breakwater/v1/session.proto

import type { ProtocolRange as _breakwater_v1_ProtocolRange, ProtocolRange__Output as _breakwater_v1_ProtocolRange__Output } from '../../breakwater/v1/ProtocolRange.ts';
import type { EndpointIdentity as _breakwater_v1_EndpointIdentity, EndpointIdentity__Output as _breakwater_v1_EndpointIdentity__Output } from '../../breakwater/v1/EndpointIdentity.ts';
import type { ExecutionReport as _breakwater_v1_ExecutionReport, ExecutionReport__Output as _breakwater_v1_ExecutionReport__Output } from '../../breakwater/v1/ExecutionReport.ts';
import type { Long } from '@grpc/proto-loader';

export interface Hello {
  /**
   * The generations the agent speaks. Both sides speak N, N-1 and N-2; the controller picks the highest common one.
   */
  'protocol'?: (_breakwater_v1_ProtocolRange | null);
  'identity'?: (_breakwater_v1_EndpointIdentity | null);
  'bootId'?: (string);
  /**
   * RFC 3339 in UTC: lets the controller see a clock that is off.
   */
  'clock'?: (string);
  /**
   * IANA zone of the machine.
   */
  'timezone'?: (string);
  /**
   * "observe", "rehearse", "patch": what the local policy allows.
   */
  'policyMode'?: (string);
  /**
   * "apt", "reboot", "rehearse", "snapshot:btrfs", ...
   */
  'capabilities'?: (string)[];
  'inventoryDigest'?: (string);
  /**
   * Executions that the agent's journal knows and the controller has not acknowledged in a terminal state. An entry without
   * `at` only names the execution and its step; its reports follow in the stream.
   */
  'unfinished'?: (_breakwater_v1_ExecutionReport)[];
  /**
   * Increases with each process start; two machines with one key show as jumps back and forth (clone detection).
   */
  'incarnation'?: (number | string | Long);
  /**
   * key_ids of the operators' keys that this endpoint trusts.
   */
  'pinnedKeyIds'?: (string)[];
}

export interface Hello__Output {
  /**
   * The generations the agent speaks. Both sides speak N, N-1 and N-2; the controller picks the highest common one.
   */
  'protocol': (_breakwater_v1_ProtocolRange__Output | null);
  'identity': (_breakwater_v1_EndpointIdentity__Output | null);
  'bootId': (string);
  /**
   * RFC 3339 in UTC: lets the controller see a clock that is off.
   */
  'clock': (string);
  /**
   * IANA zone of the machine.
   */
  'timezone': (string);
  /**
   * "observe", "rehearse", "patch": what the local policy allows.
   */
  'policyMode': (string);
  /**
   * "apt", "reboot", "rehearse", "snapshot:btrfs", ...
   */
  'capabilities': (string)[];
  'inventoryDigest': (string);
  /**
   * Executions that the agent's journal knows and the controller has not acknowledged in a terminal state. An entry without
   * `at` only names the execution and its step; its reports follow in the stream.
   */
  'unfinished': (_breakwater_v1_ExecutionReport__Output)[];
  /**
   * Increases with each process start; two machines with one key show as jumps back and forth (clone detection).
   */
  'incarnation': (number);
  /**
   * key_ids of the operators' keys that this endpoint trusts.
   */
  'pinnedKeyIds': (string)[];
}
