// Original file: proto/breakwater/v1/command.proto

import type { MerkleStep as _breakwater_v1_MerkleStep, MerkleStep__Output as _breakwater_v1_MerkleStep__Output } from '../../breakwater/v1/MerkleStep.ts';
import type { Approval as _breakwater_v1_Approval, Approval__Output as _breakwater_v1_Approval__Output } from '../../breakwater/v1/Approval.ts';

/**
 * The same bytes as Apply. Its approvals sign "breakwater-rehearsal-v1\n" + hex plan digest, which allows a rehearsal and
 * nothing else; an approval of the plan allows it too.
 */
export interface Rehearse {
  'action'?: (Buffer | Uint8Array | string);
  'planHeader'?: (Buffer | Uint8Array | string);
  'proof'?: (_breakwater_v1_MerkleStep)[];
  'approvals'?: (_breakwater_v1_Approval)[];
  'notAfter'?: (string);
}

/**
 * The same bytes as Apply. Its approvals sign "breakwater-rehearsal-v1\n" + hex plan digest, which allows a rehearsal and
 * nothing else; an approval of the plan allows it too.
 */
export interface Rehearse__Output {
  'action': (Buffer);
  'planHeader': (Buffer);
  'proof': (_breakwater_v1_MerkleStep__Output)[];
  'approvals': (_breakwater_v1_Approval__Output)[];
  'notAfter': (string);
}
