// Original file: proto/breakwater/v1/inventory.proto

import type { NewPackage as _breakwater_v1_NewPackage, NewPackage__Output as _breakwater_v1_NewPackage__Output } from '../../breakwater/v1/NewPackage.ts';
import type { Long } from '@grpc/proto-loader';

export interface PendingUpdate {
  'ecosystem'?: (string);
  'name'?: (string);
  'architecture'?: (string);
  'installedVersion'?: (string);
  'candidateVersion'?: (string);
  'sourceName'?: (string);
  'sourceVersion'?: (string);
  /**
   * Origin of the candidate: Release file's Origin, Label, Suite/Codename, e.g. "Debian", "Debian-Security", "bookworm-security".
   */
  'origin'?: (string);
  'label'?: (string);
  'suite'?: (string);
  'security'?: (boolean);
  'downloadSizeBytes'?: (number | string | Long);
  /**
   * Share of machines that the vendor offers it to so far; 100 when not phased.
   */
  'phasedPercent'?: (number);
  'held'?: (boolean);
  /**
   * What it installs that is not there at all, as a kernel's meta package does. Not told of a held one.
   */
  'brings'?: (_breakwater_v1_NewPackage)[];
  /**
   * It may install more than it names, and what cannot be told.
   */
  'bringsUnknown'?: (boolean);
}

export interface PendingUpdate__Output {
  'ecosystem': (string);
  'name': (string);
  'architecture': (string);
  'installedVersion': (string);
  'candidateVersion': (string);
  'sourceName': (string);
  'sourceVersion': (string);
  /**
   * Origin of the candidate: Release file's Origin, Label, Suite/Codename, e.g. "Debian", "Debian-Security", "bookworm-security".
   */
  'origin': (string);
  'label': (string);
  'suite': (string);
  'security': (boolean);
  'downloadSizeBytes': (number);
  /**
   * Share of machines that the vendor offers it to so far; 100 when not phased.
   */
  'phasedPercent': (number);
  'held': (boolean);
  /**
   * What it installs that is not there at all, as a kernel's meta package does. Not told of a held one.
   */
  'brings': (_breakwater_v1_NewPackage__Output)[];
  /**
   * It may install more than it names, and what cannot be told.
   */
  'bringsUnknown': (boolean);
}
