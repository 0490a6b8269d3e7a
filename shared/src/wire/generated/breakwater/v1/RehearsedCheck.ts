// Original file: proto/breakwater/v1/command.proto


/**
 * One check before the change and while the changed copy was watched. A median is -1 without samples.
 */
export interface RehearsedCheck {
  'name'?: (string);
  'samplesBefore'?: (number);
  'failuresBefore'?: (number);
  'medianMsBefore'?: (number | string);
  'samplesAfter'?: (number);
  'failuresAfter'?: (number);
  'medianMsAfter'?: (number | string);
  'detail'?: (string);
}

/**
 * One check before the change and while the changed copy was watched. A median is -1 without samples.
 */
export interface RehearsedCheck__Output {
  'name': (string);
  'samplesBefore': (number);
  'failuresBefore': (number);
  'medianMsBefore': (number);
  'samplesAfter': (number);
  'failuresAfter': (number);
  'medianMsAfter': (number);
  'detail': (string);
}
