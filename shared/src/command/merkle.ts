import { createHash } from "node:crypto";

/** One sibling on the way from a leaf to the root, from the bottom up. */
export interface MerkleStep {
  readonly sibling: Uint8Array;
  readonly siblingIsLeft: boolean;
}

/** RFC 6962 section 2.1: a leaf is hashed with the prefix 0x00, so that it can never pass for an inner node. */
export const leafHash = (leaf: Uint8Array): Buffer => createHash("sha256").update("\0").update(leaf).digest();
const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => createHash("sha256").update("\x01").update(left).update(right).digest();

/** All levels of the tree, leaves first. An odd node moves up unchanged, which gives RFC 6962's root. */
function levels(leaves: readonly Uint8Array[]): Buffer[][] {
  if (leaves.length === 0) throw new Error("a Merkle tree needs a leaf");
  const all = [leaves.map(leafHash)];
  for (let level = all[0] as Buffer[]; level.length > 1; ) {
    const above: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i] as Buffer, level[i + 1]];
      above.push(right ? nodeHash(left, right) : left);
    }
    all.push(above);
    level = above;
  }
  return all;
}

export function merkleRoot(leaves: readonly Uint8Array[]): Buffer {
  return levels(leaves).at(-1)?.[0] as Buffer;
}

/** Proof for every leaf, in their order, in one pass over the tree. */
export function merkleProofs(leaves: readonly Uint8Array[]): MerkleStep[][] {
  const tree = levels(leaves);
  return leaves.map((_, leaf) => {
    const path: MerkleStep[] = [];
    let index = leaf;
    for (const level of tree.slice(0, -1)) {
      const sibling = level[index ^ 1];
      if (sibling) path.push({ sibling, siblingIsLeft: (index & 1) === 1 });
      index >>= 1;
    }
    return path;
  });
}

/** The root that a leaf and its path lead to. */
export function rootFromProof(leaf: Uint8Array, path: readonly MerkleStep[]): Buffer {
  let hash = leafHash(leaf);
  for (const { sibling, siblingIsLeft } of path) {
    hash = siblingIsLeft ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
  }
  return hash;
}
