// Original file: proto/breakwater/v1/command.proto


/**
 * A halt or the end of one, signed by an operator without any controller: the text of the file that
 * `breakwater halt sign` printed. The controller carries it and can neither make nor change it.
 */
export interface HaltOrder {
  'order'?: (string);
}

/**
 * A halt or the end of one, signed by an operator without any controller: the text of the file that
 * `breakwater halt sign` printed. The controller carries it and can neither make nor change it.
 */
export interface HaltOrder__Output {
  'order': (string);
}
