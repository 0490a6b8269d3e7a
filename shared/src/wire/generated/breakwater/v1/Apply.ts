// Original file: proto/breakwater/v1/command.proto

import type { MerkleStep as _breakwater_v1_MerkleStep, MerkleStep__Output as _breakwater_v1_MerkleStep__Output } from '../../breakwater/v1/MerkleStep.ts';
import type { Approval as _breakwater_v1_Approval, Approval__Output as _breakwater_v1_Approval__Output } from '../../breakwater/v1/Approval.ts';

export interface Apply {
  /**
   * Canonical JSON of EndpointAction.
   */
  'action'?: (Buffer | Uint8Array | string);
  /**
   * Canonical JSON of PlanHeader; its SHA-256 is the plan's digest, which the approvals sign.
   */
  'planHeader'?: (Buffer | Uint8Array | string);
  /**
   * Merkle path (RFC 6962 hashing) from the action's leaf to the header's root, siblings from the bottom up.
   */
  'proof'?: (_breakwater_v1_MerkleStep)[];
  'approvals'?: (_breakwater_v1_Approval)[];
  /**
   * RFC 3339. After it the agent refuses to begin.
   */
  'notAfter'?: (string);
}

export interface Apply__Output {
  /**
   * Canonical JSON of EndpointAction.
   */
  'action': (Buffer);
  /**
   * Canonical JSON of PlanHeader; its SHA-256 is the plan's digest, which the approvals sign.
   */
  'planHeader': (Buffer);
  /**
   * Merkle path (RFC 6962 hashing) from the action's leaf to the header's root, siblings from the bottom up.
   */
  'proof': (_breakwater_v1_MerkleStep__Output)[];
  'approvals': (_breakwater_v1_Approval__Output)[];
  /**
   * RFC 3339. After it the agent refuses to begin.
   */
  'notAfter': (string);
}
