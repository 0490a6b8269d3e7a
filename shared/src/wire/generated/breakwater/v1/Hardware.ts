// Original file: proto/breakwater/v1/inventory.proto

import type { FileSystem as _breakwater_v1_FileSystem, FileSystem__Output as _breakwater_v1_FileSystem__Output } from '../../breakwater/v1/FileSystem.ts';
import type { Long } from '@grpc/proto-loader';

export interface Hardware {
  'cpus'?: (number);
  'memoryBytes'?: (number | string | Long);
  'manufacturer'?: (string);
  'model'?: (string);
  'fileSystems'?: (_breakwater_v1_FileSystem)[];
  /**
   * SMBIOS; empty when there is none or nobody could read it.
   */
  'serialNumber'?: (string);
  'systemUuid'?: (string);
}

export interface Hardware__Output {
  'cpus': (number);
  'memoryBytes': (number);
  'manufacturer': (string);
  'model': (string);
  'fileSystems': (_breakwater_v1_FileSystem__Output)[];
  /**
   * SMBIOS; empty when there is none or nobody could read it.
   */
  'serialNumber': (string);
  'systemUuid': (string);
}
