// Original file: proto/breakwater/v1/command.proto


export interface HttpCheck {
  'url'?: (string);
  /**
   * 0 means any 2xx or 3xx.
   */
  'expectStatus'?: (number);
}

export interface HttpCheck__Output {
  'url': (string);
  /**
   * 0 means any 2xx or 3xx.
   */
  'expectStatus': (number);
}
