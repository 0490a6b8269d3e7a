// Original file: proto/breakwater/v1/session.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A sign of life of the controller, without which an agent looks for another way to it.
 */
export interface Ping {
  /**
   * Answered by a Pong with the same number. 0 wants no answer.
   */
  'nonce'?: (number | string | Long);
}

/**
 * A sign of life of the controller, without which an agent looks for another way to it.
 */
export interface Ping__Output {
  /**
   * Answered by a Pong with the same number. 0 wants no answer.
   */
  'nonce': (number);
}
