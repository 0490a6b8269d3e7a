// Original file: proto/breakwater/v1/inventory.proto

import type { StaleProcess as _breakwater_v1_StaleProcess, StaleProcess__Output as _breakwater_v1_StaleProcess__Output } from '../../breakwater/v1/StaleProcess.ts';
import type { MappedFile as _breakwater_v1_MappedFile, MappedFile__Output as _breakwater_v1_MappedFile__Output } from '../../breakwater/v1/MappedFile.ts';

/**
 * A package of which some file is mapped by a running process.
 */
export interface LoadedPackage {
  'name'?: (string);
  'pids'?: (number)[];
  'units'?: (string)[];
  /**
   * A mapped file was replaced since: the process still runs the old one.
   */
  'restartNeeded'?: (boolean);
  /**
   * Widest reach of the processes that have it mapped: "none" (no listener), "loopback", "private", "public".
   */
  'reach'?: (string);
  /**
   * The processes that run the old file: what must be restarted. Empty with restart_needed from agents of before.
   */
  'stale'?: (_breakwater_v1_StaleProcess)[];
  /**
   * Through which of its files: a few, those that the farthest reached processes have mapped first. Empty from agents of before.
   */
  'files'?: (_breakwater_v1_MappedFile)[];
}

/**
 * A package of which some file is mapped by a running process.
 */
export interface LoadedPackage__Output {
  'name': (string);
  'pids': (number)[];
  'units': (string)[];
  /**
   * A mapped file was replaced since: the process still runs the old one.
   */
  'restartNeeded': (boolean);
  /**
   * Widest reach of the processes that have it mapped: "none" (no listener), "loopback", "private", "public".
   */
  'reach': (string);
  /**
   * The processes that run the old file: what must be restarted. Empty with restart_needed from agents of before.
   */
  'stale': (_breakwater_v1_StaleProcess__Output)[];
  /**
   * Through which of its files: a few, those that the farthest reached processes have mapped first. Empty from agents of before.
   */
  'files': (_breakwater_v1_MappedFile__Output)[];
}
