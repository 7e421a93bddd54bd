import { hash } from 'node:crypto';
import {
  type AuditLeaf,
  canonicalLine,
  hashOfLeaf,
  type LeafRef,
  markLength,
  rowMark,
} from './audit-leaf.ts';
import { type HexHash, merkleRoot } from './merkle-tree.ts';

/** What a block says of itself, and what its hash is of. */
export interface BlockHeader {
  readonly partition: number;
  /** From 1, without a gap. */
  readonly height: number;
  readonly tenant: string;
  /** Of the block below; zeros for the first. */
  readonly previousHash: HexHash;
  /** Of the Merkle tree of its leaves. */
  readonly root: HexHash;
  readonly leafCount: number;
  /** Of the list of its leaves, which is not part of a proof. */
  readonly indexHash: HexHash;
  /** To the microsecond; never before that of the block below. */
  readonly sealedAt: string;
}

/** A block as it is stored: its header, its hash, and the list of its leaves. */
export interface AuditBlock extends BlockHeader {
  readonly hash: HexHash;
  readonly refs: readonly LeafRef[];
  /** One mark for each row of each leaf, in order. */
  readonly marks: string;
  /** The least id of its transfers; null where it has none. */
  readonly firstId: string | null;
  /** The greatest one of this and all earlier blocks of the tenant in the partition. */
  readonly greatestId: string | null;
}

/** What the next block of a tenant stands on. */
export interface ChainTip {
  /** Of the last block of the partition; 0 where there is none. */
  readonly height: number;
  readonly hash: HexHash;
  readonly greatestId: string | null;
  /** When a block that is made now is sealed. */
  readonly sealedAt: string;
}

/** What stands below the first block. */
export const zeroHash: HexHash = '0'.repeat(64);

export const blockText = (header: BlockHeader): string =>
  canonicalLine([
    'atlas.audit.block.v1',
    String(header.partition),
    String(header.height),
    header.tenant,
    header.previousHash,
    header.root,
    String(header.leafCount),
    header.indexHash,
    header.sealedAt,
  ]);

/** With a first byte of its own, so that no block can be taken for a leaf or a node. */
export const blockHash = (header: BlockHeader): HexHash =>
  hash('sha256', `\u0002${blockText(header)}`, 'hex');

export const indexHash = (
  block: Pick<AuditBlock, 'refs' | 'marks' | 'firstId' | 'greatestId'>,
): HexHash =>
  hash(
    'sha256',
    canonicalLine([
      'atlas.audit.index.v1',
      block.firstId,
      block.greatestId,
      block.marks,
      ...block.refs.flatMap(({ kind, id, version }) => [kind, id, version.toString()]),
    ]),
    'hex',
  );

export const marksOf = (leaves: readonly AuditLeaf[]): string =>
  leaves.flatMap(({ rows }) => rows.map(rowMark)).join('');

/** Makes the block of these leaves (at least one, each complete) that stands on this tip. */
export const makeBlock = (
  partition: number,
  tenant: string,
  tip: ChainTip,
  leaves: readonly AuditLeaf[],
): AuditBlock => {
  const refs = leaves.map(({ ref }) => ref);
  // Canonical ids of one form: their order as texts is that of their bytes.
  const ids = refs.filter(({ kind }) => kind === 't').map(({ id }) => id);
  const ascending = ids.toSorted();
  const greatest = [...ascending.slice(-1), ...(tip.greatestId === null ? [] : [tip.greatestId])];
  const listed = {
    refs,
    marks: marksOf(leaves),
    firstId: ascending[0] ?? null,
    greatestId: greatest.toSorted().at(-1) ?? null,
  };
  const header: BlockHeader = {
    partition,
    height: tip.height + 1,
    tenant,
    previousHash: tip.hash,
    root: merkleRoot(leaves.map((leaf) => hashOfLeaf(partition, leaf))),
    leafCount: leaves.length,
    indexHash: indexHash(listed),
    sealedAt: tip.sealedAt,
  };
  return { ...header, ...listed, hash: blockHash(header) };
};

/** The mark of the row that is the n-th of a block, from 0; undefined beyond the last. */
export const markAt = (block: AuditBlock, row: number): string | undefined => {
  const mark = block.marks.slice(row * markLength, (row + 1) * markLength);
  return mark.length === markLength ? mark : undefined;
};
