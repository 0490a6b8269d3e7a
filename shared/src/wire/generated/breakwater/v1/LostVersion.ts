// Original file: proto/breakwater/v1/inventory.proto


/**
 * Its bytes are in no repository and no cache, and cannot be packed again from the disk.
 */
export interface LostVersion {
  'name'?: (string);
  'architecture'?: (string);
  'version'?: (string);
}

/**
 * Its bytes are in no repository and no cache, and cannot be packed again from the disk.
 */
export interface LostVersion__Output {
  'name': (string);
  'architecture': (string);
  'version': (string);
}
