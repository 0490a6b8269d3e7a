// Original file: proto/breakwater/v1/enrollment.proto

import type { OperatorKey as _breakwater_v1_OperatorKey, OperatorKey__Output as _breakwater_v1_OperatorKey__Output } from '../../breakwater/v1/OperatorKey.ts';
import type { Passkey as _breakwater_v1_Passkey, Passkey__Output as _breakwater_v1_Passkey__Output } from '../../breakwater/v1/Passkey.ts';

export interface EnrollResponse {
  'endpointId'?: (string);
  /**
   * Client certificate, PEM, with the URI SAN spiffe://breakwater/endpoint/<endpoint_id>.
   */
  'certificate'?: (string);
  /**
   * The authorities (PEM, concatenated) that the agent trusts for this controller from now on.
   */
  'trustBundle'?: (string);
  /**
   * host:port of the session listener.
   */
  'sessionAddress'?: (string);
  /**
   * Operators' approval keys to pin, unless the machine's owner has laid down keys himself.
   */
  'operatorKeys'?: (_breakwater_v1_OperatorKey)[];
  /**
   * Operators' passkeys to pin beside them. An agent that does not know them does not count what they approve.
   */
  'passkeys'?: (_breakwater_v1_Passkey)[];
}

export interface EnrollResponse__Output {
  'endpointId': (string);
  /**
   * Client certificate, PEM, with the URI SAN spiffe://breakwater/endpoint/<endpoint_id>.
   */
  'certificate': (string);
  /**
   * The authorities (PEM, concatenated) that the agent trusts for this controller from now on.
   */
  'trustBundle': (string);
  /**
   * host:port of the session listener.
   */
  'sessionAddress': (string);
  /**
   * Operators' approval keys to pin, unless the machine's owner has laid down keys himself.
   */
  'operatorKeys': (_breakwater_v1_OperatorKey__Output)[];
  /**
   * Operators' passkeys to pin beside them. An agent that does not know them does not count what they approve.
   */
  'passkeys': (_breakwater_v1_Passkey__Output)[];
}
