// Original file: proto/breakwater/v1/inventory.proto


export interface PackageKey {
  /**
   * "deb", "rpm", "apk", "npm", "pypi", "maven", "gem", "go"
   */
  'ecosystem'?: (string);
  'name'?: (string);
  'architecture'?: (string);
}

export interface PackageKey__Output {
  /**
   * "deb", "rpm", "apk", "npm", "pypi", "maven", "gem", "go"
   */
  'ecosystem': (string);
  'name': (string);
  'architecture': (string);
}
