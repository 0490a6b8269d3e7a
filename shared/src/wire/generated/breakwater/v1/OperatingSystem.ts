// Original file: proto/breakwater/v1/enrollment.proto


export interface OperatingSystem {
  /**
   * ID and VERSION_ID of os-release(5), e.g. "debian" and "12".
   */
  'id'?: (string);
  'versionId'?: (string);
  'prettyName'?: (string);
  'codename'?: (string);
  /**
   * Debian's name of the architecture, e.g. "amd64".
   */
  'architecture'?: (string);
  'kernelRelease'?: (string);
  /**
   * systemd-detect-virt(1): "none", "kvm", "systemd-nspawn", ...
   */
  'virtualization'?: (string);
}

export interface OperatingSystem__Output {
  /**
   * ID and VERSION_ID of os-release(5), e.g. "debian" and "12".
   */
  'id': (string);
  'versionId': (string);
  'prettyName': (string);
  'codename': (string);
  /**
   * Debian's name of the architecture, e.g. "amd64".
   */
  'architecture': (string);
  'kernelRelease': (string);
  /**
   * systemd-detect-virt(1): "none", "kvm", "systemd-nspawn", ...
   */
  'virtualization': (string);
}
