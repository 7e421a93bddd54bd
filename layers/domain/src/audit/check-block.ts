import { type AuditBlock, blockHash, markAt, marksOf } from './audit-block.ts';
import type { ChainHead } from './audit-chain.ts';
import type { AuditFinding, AuditProblem } from './audit-finding.ts';
import { type AuditLeaf, hashOfLeaf, leafNames, rowMark } from './audit-leaf.ts';
import { merkleRoot } from './merkle-tree.ts';

const findingOf = (problem: AuditProblem, block: AuditBlock): AuditFinding => ({
  problem,
  partition: block.partition,
  height: block.height,
  relation: 'audit_block',
  key: `${block.partition}/${block.height}`,
});

/** Whether a block is what its hash says, and stands on the one below it. */
export const checkLink = (
  below: Pick<ChainHead, 'height' | 'hash'>,
  block: AuditBlock,
): AuditFinding | undefined => {
  if (block.refs.length !== block.leafCount || blockHash(block) !== block.hash) {
    return findingOf('block-changed', block);
  }
  if (block.height !== below.height + 1) return findingOf('chain-gap', block);
  if (block.previousHash !== below.hash) return findingOf('chain-unlinked', block);
  return undefined;
};

/**
 * Whether the rows of a block, which itself is in order, still are what was sealed. Names the first one
 * that is not: rows follow one another so that which ones there are follows from those before.
 */
export const checkRows = (
  block: AuditBlock,
  leaves: readonly AuditLeaf[],
): AuditFinding | undefined => {
  const { partition, height } = block;
  let row = 0;
  for (const { ref, rows } of leaves) {
    if (rows.length === 0) {
      return { problem: 'missing', partition, height, relation: leafNames[ref.kind], key: ref.id };
    }
    for (const one of rows) {
      if (one.line === null || rowMark(one) !== markAt(block, row)) {
        const problem = one.line === null ? 'missing' : 'changed';
        return { problem, partition, height, relation: one.relation, key: one.key };
      }
      row += 1;
    }
  }
  const isWhole =
    marksOf(leaves) === block.marks &&
    merkleRoot(leaves.map((leaf) => hashOfLeaf(partition, leaf))) === block.root;
  return isWhole ? undefined : findingOf('block-changed', block);
};
