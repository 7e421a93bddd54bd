import {
  type AuditBlock,
  type AuditLeaf,
  type AuditRow,
  indexHash,
  type LeafKind,
  type LeafRef,
} from '@atlas/domain';

/** A row of a leaf, or null throughout where a leaf has none (function ledger.audit_rows). */
export interface LineRow extends Record<string, unknown> {
  readonly relation: string | null;
  readonly row_key: string | null;
  readonly line: string | null;
}

export const auditRowOf = ({ relation, row_key, line }: LineRow): AuditRow[] =>
  relation === null || row_key === null ? [] : [{ relation, key: row_key, line }];

/** A block as ledger.read_blocks and ledger.read_proof tell of it. */
export interface BlockRow extends Record<string, unknown> {
  readonly height: number;
  readonly leaf_count: number;
  readonly sealed_at: string;
  readonly tenant: string;
  readonly previous_hash: string;
  readonly root: string;
  readonly hash: string;
  readonly first_id: string | null;
  readonly greatest_id: string | null;
  readonly kinds: string;
  readonly ids: readonly string[];
  readonly versions: readonly bigint[] | null;
  readonly marks: string;
}

export const blockOf = (partition: number, row: BlockRow): AuditBlock => {
  // As many as the longest of the lists has: a list that was made longer is found to be so.
  const length = Math.max(row.kinds.length, row.ids.length, row.versions?.length ?? 0);
  const listed = {
    refs: Array.from(
      { length },
      (_, i): LeafRef => ({
        kind: row.kinds.charAt(i) as LeafKind,
        id: row.ids[i] ?? '',
        version: row.versions?.[i] ?? 0n,
      }),
    ),
    marks: row.marks,
    firstId: row.first_id,
    greatestId: row.greatest_id,
  };
  return {
    partition,
    height: row.height,
    tenant: row.tenant,
    previousHash: row.previous_hash,
    root: row.root,
    leafCount: row.leaf_count,
    indexHash: indexHash(listed),
    sealedAt: row.sealed_at,
    hash: row.hash,
    ...listed,
  };
};

/** The leaves of a block, from rows that come with the number of their leaf, from 1. */
export const leavesOf = (
  block: AuditBlock,
  rows: readonly { readonly leaf: number; readonly row: readonly AuditRow[] }[],
): readonly AuditLeaf[] => {
  const leaves = block.refs.map((ref) => ({ ref, rows: [] as AuditRow[] }));
  for (const { leaf, row } of rows) leaves[leaf - 1]?.rows.push(...row);
  return leaves;
};
