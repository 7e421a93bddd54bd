import { type AuditBlock, type BlockHeader, blockHash } from './audit-block.ts';
import { type AuditLeaf, hashOfLeaf, leafText } from './audit-leaf.ts';
import { type HexHash, inclusionPath, leafHash, merkleRoot, rootOfPath } from './merkle-tree.ts';

/**
 * That something was sealed: the text of its leaf, the way from there to the root of its block, and the
 * block's place in its chain. Whoever has it and the hash of the block needs nobody to check it.
 */
export interface InclusionProof {
  readonly leaf: {
    /** What was sealed: every column of every row. */
    readonly text: string;
    readonly hash: HexHash;
    /** Its place in the block, from 0. */
    readonly index: number;
  };
  readonly path: readonly HexHash[];
  readonly block: BlockHeader & { readonly hash: HexHash };
}

/** The proof of a leaf (from 0). Undefined where the rows no longer are what was sealed. */
export const proofOf = (
  block: AuditBlock,
  leaves: readonly AuditLeaf[],
  index: number,
): InclusionProof | undefined => {
  const { partition } = block;
  const hashes = leaves.map((leaf) => hashOfLeaf(partition, leaf));
  const [leaf, hash] = [leaves[index], hashes[index]];
  if (leaf === undefined || hash === undefined || merkleRoot(hashes) !== block.root) {
    return undefined;
  }
  const { height, tenant, previousHash, root, leafCount, indexHash, sealedAt } = block;
  return {
    leaf: { text: leafText(partition, leaf), hash, index },
    path: inclusionPath(hashes, index),
    block: {
      ...{ partition, height, tenant, previousHash, root, leafCount, indexHash, sealedAt },
      hash: block.hash,
    },
  };
};

export type ProofFlaw = 'leaf-hash' | 'path' | 'block-hash' | 'trusted-hash';

/**
 * Checks a proof without asking anybody: the text has the hash, the path leads from it to the root of
 * the block, and the block has its hash. `trusted` is that hash as it was seen elsewhere (an anchor, an
 * earlier proof); without it the proof only agrees with itself.
 *
 * @returns what is wrong, undefined where nothing is
 */
export const verifyProof = (proof: InclusionProof, trusted?: HexHash): ProofFlaw | undefined => {
  const { leaf, path, block } = proof;
  if (leafHash(leaf.text) !== leaf.hash) return 'leaf-hash';
  if (rootOfPath(leaf.hash, leaf.index, block.leafCount, path) !== block.root) return 'path';
  if (blockHash(block) !== block.hash) return 'block-hash';
  return trusted === undefined || trusted === block.hash ? undefined : 'trusted-hash';
};
