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
import type { Component as _breakwater_v1_Component, Component__Output as _breakwater_v1_Component__Output } from '../../breakwater/v1/Component.ts';
import type { ComponentScan as _breakwater_v1_ComponentScan, ComponentScan__Output as _breakwater_v1_ComponentScan__Output } from '../../breakwater/v1/ComponentScan.ts';
import type { ContainerRuntime as _breakwater_v1_ContainerRuntime, ContainerRuntime__Output as _breakwater_v1_ContainerRuntime__Output } from '../../breakwater/v1/ContainerRuntime.ts';
import type { Network as _breakwater_v1_Network, Network__Output as _breakwater_v1_Network__Output } from '../../breakwater/v1/Network.ts';
import type { LostVersion as _breakwater_v1_LostVersion, LostVersion__Output as _breakwater_v1_LostVersion__Output } from '../../breakwater/v1/LostVersion.ts';

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
  /**
   * What was found in files. Says something only together with component_scan.
   */
  'components'?: (_breakwater_v1_Component)[];
  /**
   * Absent: nobody looked for components, so that none are listed means nothing.
   */
  'componentScan'?: (_breakwater_v1_ComponentScan | null);
  /**
   * What container runtimes hold. A runtime that is not listed is not installed.
   */
  'containerRuntimes'?: (_breakwater_v1_ContainerRuntime)[];
  /**
   * Absent: the agent does not tell of it.
   */
  'network'?: (_breakwater_v1_Network | null);
  /**
   * Installed versions that have an update pending and could not be brought back after it.
   */
  'lostVersions'?: (_breakwater_v1_LostVersion)[];
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
  /**
   * What was found in files. Says something only together with component_scan.
   */
  'components': (_breakwater_v1_Component__Output)[];
  /**
   * Absent: nobody looked for components, so that none are listed means nothing.
   */
  'componentScan': (_breakwater_v1_ComponentScan__Output | null);
  /**
   * What container runtimes hold. A runtime that is not listed is not installed.
   */
  'containerRuntimes': (_breakwater_v1_ContainerRuntime__Output)[];
  /**
   * Absent: the agent does not tell of it.
   */
  'network': (_breakwater_v1_Network__Output | null);
  /**
   * Installed versions that have an update pending and could not be brought back after it.
   */
  'lostVersions': (_breakwater_v1_LostVersion__Output)[];
}
