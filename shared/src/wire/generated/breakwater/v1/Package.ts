// Original file: proto/breakwater/v1/inventory.proto

import type { Long } from '@grpc/proto-loader';

export interface Package {
  'ecosystem'?: (string);
  'name'?: (string);
  'version'?: (string);
  'architecture'?: (string);
  'sourceName'?: (string);
  'sourceVersion'?: (string);
  /**
   * "installed", "config-files", "half-installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"
   */
  'status'?: (string);
  'held'?: (boolean);
  /**
   * Vendor that built it, as far as the package says ("Debian", ...); matching uses it against look-alikes.
   */
  'vendor'?: (string);
  'section'?: (string);
  'installedSizeBytes'?: (number | string | Long);
  'essential'?: (boolean);
  /**
   * rpm's label of the module that it belongs to, "name:stream:version:context"; empty when it belongs to none.
   */
  'module'?: (string);
}

export interface Package__Output {
  'ecosystem': (string);
  'name': (string);
  'version': (string);
  'architecture': (string);
  'sourceName': (string);
  'sourceVersion': (string);
  /**
   * "installed", "config-files", "half-installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"
   */
  'status': (string);
  'held': (boolean);
  /**
   * Vendor that built it, as far as the package says ("Debian", ...); matching uses it against look-alikes.
   */
  'vendor': (string);
  'section': (string);
  'installedSizeBytes': (number);
  'essential': (boolean);
  /**
   * rpm's label of the module that it belongs to, "name:stream:version:context"; empty when it belongs to none.
   */
  'module': (string);
}
