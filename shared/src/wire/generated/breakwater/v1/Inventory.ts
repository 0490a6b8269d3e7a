// Original file: proto/breakwater/v1/inventory.proto

import type { OperatingSystem as _breakwater_v1_OperatingSystem, OperatingSystem__Output as _breakwater_v1_OperatingSystem__Output } from '../../breakwater/v1/OperatingSystem.ts';
import type { Package as _breakwater_v1_Package, Package__Output as _breakwater_v1_Package__Output } from '../../breakwater/v1/Package.ts';
import type { PendingUpdate as _breakwater_v1_PendingUpdate, PendingUpdate__Output as _breakwater_v1_PendingUpdate__Output } from '../../breakwater/v1/PendingUpdate.ts';
import type { Service as _breakwater_v1_Service, Service__Output as _breakwater_v1_Service__Output } from '../../breakwater/v1/Service.ts';
import type { Listener as _breakwater_v1_Listener, Listener__Output as _breakwater_v1_Listener__Output } from '../../breakwater/v1/Listener.ts';
import type { LoadedPackage as _breakwater_v1_LoadedPackage, LoadedPackage__Output as _breakwater_v1_LoadedPackage__Output } from '../../breakwater/v1/LoadedPackage.ts';
import type { Kernel as _breakwater_v1_Kernel, Kernel__Output as _breakwater_v1_Kernel__Output } from '../../breakwater/v1/Kernel.ts';
import type { RebootState as _breakwater_v1_RebootState, RebootState__Output as _breakwater_v1_RebootState__Output } from '../../breakwater/v1/RebootState.ts';
import type { Repository as _breakwater_v1_Repository, Repository__Output as _breakwater_v1_Repository__Output } from '../../breakwater/v1/Repository.ts';
import type { Hardware as _breakwater_v1_Hardware, Hardware__Output as _breakwater_v1_Hardware__Output } from '../../breakwater/v1/Hardware.ts';
import type { CollectorProblem as _breakwater_v1_CollectorProblem, CollectorProblem__Output as _breakwater_v1_CollectorProblem__Output } from '../../breakwater/v1/CollectorProblem.ts';

export interface Inventory {
  'os'?: (_breakwater_v1_OperatingSystem | null);
  'packages'?: (_breakwater_v1_Package)[];
  'pendingUpdates'?: (_breakwater_v1_PendingUpdate)[];
  'services'?: (_breakwater_v1_Service)[];
  'listeners'?: (_breakwater_v1_Listener)[];
  'loadedPackages'?: (_breakwater_v1_LoadedPackage)[];
  'kernel'?: (_breakwater_v1_Kernel | null);
  'reboot'?: (_breakwater_v1_RebootState | null);
  'repositories'?: (_breakwater_v1_Repository)[];
  'hardware'?: (_breakwater_v1_Hardware | null);
  /**
   * Collectors that could not look, and why: what is missing is unknown, not absent.
   */
  'problems'?: (_breakwater_v1_CollectorProblem)[];
  'collectedAt'?: (string);
}

export interface Inventory__Output {
  'os': (_breakwater_v1_OperatingSystem__Output | null);
  'packages': (_breakwater_v1_Package__Output)[];
  'pendingUpdates': (_breakwater_v1_PendingUpdate__Output)[];
  'services': (_breakwater_v1_Service__Output)[];
  'listeners': (_breakwater_v1_Listener__Output)[];
  'loadedPackages': (_breakwater_v1_LoadedPackage__Output)[];
  'kernel': (_breakwater_v1_Kernel__Output | null);
  'reboot': (_breakwater_v1_RebootState__Output | null);
  'repositories': (_breakwater_v1_Repository__Output)[];
  'hardware': (_breakwater_v1_Hardware__Output | null);
  /**
   * Collectors that could not look, and why: what is missing is unknown, not absent.
   */
  'problems': (_breakwater_v1_CollectorProblem__Output)[];
  'collectedAt': (string);
}
