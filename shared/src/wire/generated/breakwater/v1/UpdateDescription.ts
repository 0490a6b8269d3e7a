// Original file: proto/breakwater/v1/inventory.proto

import type { UpdateRequest as _breakwater_v1_UpdateRequest, UpdateRequest__Output as _breakwater_v1_UpdateRequest__Output } from '../../breakwater/v1/UpdateRequest.ts';

export interface UpdateDescription {
  'update'?: (_breakwater_v1_UpdateRequest | null);
  /**
   * CVE ids in the changelog entries newer than from_version.
   */
  'cves'?: (string)[];
  /**
   * Highest urgency among these entries: "low", "medium", "high", "emergency", "critical".
   */
  'urgency'?: (string);
  /**
   * The entries themselves, at most 16 KiB, control characters removed.
   */
  'changelog'?: (string);
  /**
   * Which maintainer scripts the new package carries: "preinst", "postinst", "prerm", "postrm".
   */
  'maintainerScripts'?: (string)[];
  /**
   * Set when it could not be read; then the lists above mean nothing.
   */
  'problem'?: (string);
}

export interface UpdateDescription__Output {
  'update': (_breakwater_v1_UpdateRequest__Output | null);
  /**
   * CVE ids in the changelog entries newer than from_version.
   */
  'cves': (string)[];
  /**
   * Highest urgency among these entries: "low", "medium", "high", "emergency", "critical".
   */
  'urgency': (string);
  /**
   * The entries themselves, at most 16 KiB, control characters removed.
   */
  'changelog': (string);
  /**
   * Which maintainer scripts the new package carries: "preinst", "postinst", "prerm", "postrm".
   */
  'maintainerScripts': (string)[];
  /**
   * Set when it could not be read; then the lists above mean nothing.
   */
  'problem': (string);
}
