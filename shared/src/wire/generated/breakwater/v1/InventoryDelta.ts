// Original file: proto/breakwater/v1/inventory.proto

import type { Package as _breakwater_v1_Package, Package__Output as _breakwater_v1_Package__Output } from '../../breakwater/v1/Package.ts';
import type { PackageKey as _breakwater_v1_PackageKey, PackageKey__Output as _breakwater_v1_PackageKey__Output } from '../../breakwater/v1/PackageKey.ts';
import type { Inventory as _breakwater_v1_Inventory, Inventory__Output as _breakwater_v1_Inventory__Output } from '../../breakwater/v1/Inventory.ts';
import type { Component as _breakwater_v1_Component, Component__Output as _breakwater_v1_Component__Output } from '../../breakwater/v1/Component.ts';
import type { ComponentKey as _breakwater_v1_ComponentKey, ComponentKey__Output as _breakwater_v1_ComponentKey__Output } from '../../breakwater/v1/ComponentKey.ts';

export interface InventoryDelta {
  'baseDigest'?: (string);
  'digest'?: (string);
  'added'?: (_breakwater_v1_Package)[];
  'removed'?: (_breakwater_v1_PackageKey)[];
  /**
   * Whole lists: they are small. Facts that cannot be told apart from "none" carry their own collected flag.
   */
  'facts'?: (_breakwater_v1_Inventory | null);
  /**
   * A component that changed in anything but its key is among the added.
   */
  'componentsAdded'?: (_breakwater_v1_Component)[];
  'componentsRemoved'?: (_breakwater_v1_ComponentKey)[];
}

export interface InventoryDelta__Output {
  'baseDigest': (string);
  'digest': (string);
  'added': (_breakwater_v1_Package__Output)[];
  'removed': (_breakwater_v1_PackageKey__Output)[];
  /**
   * Whole lists: they are small. Facts that cannot be told apart from "none" carry their own collected flag.
   */
  'facts': (_breakwater_v1_Inventory__Output | null);
  /**
   * A component that changed in anything but its key is among the added.
   */
  'componentsAdded': (_breakwater_v1_Component__Output)[];
  'componentsRemoved': (_breakwater_v1_ComponentKey__Output)[];
}
