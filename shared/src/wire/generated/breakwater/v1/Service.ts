// Original file: proto/breakwater/v1/inventory.proto


export interface Service {
  'unit'?: (string);
  /**
   * ActiveState and SubState of systemd.
   */
  'activeState'?: (string);
  'subState'?: (string);
  'mainPid'?: (number);
  'restarts'?: (number);
  /**
   * "name" of the package that owns the main process's executable, empty when none does.
   */
  'package'?: (string);
}

export interface Service__Output {
  'unit': (string);
  /**
   * ActiveState and SubState of systemd.
   */
  'activeState': (string);
  'subState': (string);
  'mainPid': (number);
  'restarts': (number);
  /**
   * "name" of the package that owns the main process's executable, empty when none does.
   */
  'package': (string);
}
