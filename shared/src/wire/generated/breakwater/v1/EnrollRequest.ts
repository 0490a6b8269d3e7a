// Original file: proto/breakwater/v1/enrollment.proto

import type { EndpointIdentity as _breakwater_v1_EndpointIdentity, EndpointIdentity__Output as _breakwater_v1_EndpointIdentity__Output } from '../../breakwater/v1/EndpointIdentity.ts';

export interface EnrollRequest {
  /**
   * Highest protocol generation the agent speaks; see ProtocolRange.
   */
  'protocol'?: (number);
  /**
   * The one-time secret from `breakwater join-token create`.
   */
  'joinToken'?: (string);
  /**
   * PKCS #10 request, DER. The controller takes its public key and nothing else from it.
   */
  'csr'?: (Buffer | Uint8Array | string);
  'identity'?: (_breakwater_v1_EndpointIdentity | null);
}

export interface EnrollRequest__Output {
  /**
   * Highest protocol generation the agent speaks; see ProtocolRange.
   */
  'protocol': (number);
  /**
   * The one-time secret from `breakwater join-token create`.
   */
  'joinToken': (string);
  /**
   * PKCS #10 request, DER. The controller takes its public key and nothing else from it.
   */
  'csr': (Buffer);
  'identity': (_breakwater_v1_EndpointIdentity__Output | null);
}
