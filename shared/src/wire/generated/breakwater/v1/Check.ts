// Original file: proto/breakwater/v1/command.proto

import type { UnitCheck as _breakwater_v1_UnitCheck, UnitCheck__Output as _breakwater_v1_UnitCheck__Output } from '../../breakwater/v1/UnitCheck.ts';
import type { TcpCheck as _breakwater_v1_TcpCheck, TcpCheck__Output as _breakwater_v1_TcpCheck__Output } from '../../breakwater/v1/TcpCheck.ts';
import type { HttpCheck as _breakwater_v1_HttpCheck, HttpCheck__Output as _breakwater_v1_HttpCheck__Output } from '../../breakwater/v1/HttpCheck.ts';
import type { ProcessCheck as _breakwater_v1_ProcessCheck, ProcessCheck__Output as _breakwater_v1_ProcessCheck__Output } from '../../breakwater/v1/ProcessCheck.ts';

export interface Check {
  'name'?: (string);
  'unit'?: (_breakwater_v1_UnitCheck | null);
  'tcp'?: (_breakwater_v1_TcpCheck | null);
  'http'?: (_breakwater_v1_HttpCheck | null);
  'process'?: (_breakwater_v1_ProcessCheck | null);
  'timeoutMs'?: (number);
  'kind'?: "unit"|"tcp"|"http"|"process";
}

export interface Check__Output {
  'name': (string);
  'unit'?: (_breakwater_v1_UnitCheck__Output | null);
  'tcp'?: (_breakwater_v1_TcpCheck__Output | null);
  'http'?: (_breakwater_v1_HttpCheck__Output | null);
  'process'?: (_breakwater_v1_ProcessCheck__Output | null);
  'timeoutMs': (number);
  'kind'?: "unit"|"tcp"|"http"|"process";
}
