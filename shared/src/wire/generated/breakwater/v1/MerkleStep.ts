// Original file: proto/breakwater/v1/command.proto


export interface MerkleStep {
  'sibling'?: (Buffer | Uint8Array | string);
  'siblingIsLeft'?: (boolean);
}

export interface MerkleStep__Output {
  'sibling': (Buffer);
  'siblingIsLeft': (boolean);
}
