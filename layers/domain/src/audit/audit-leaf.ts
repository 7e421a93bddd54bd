import { hash } from 'node:crypto';
import { type HexHash, leafHash } from './merkle-tree.ts';

/**
 * What a leaf is about, by the letter that the database knows it by:
 * `t` a transfer as far as it is of one partition: its own row, its reversal and its postings where it
 *     was born, and its entries on the accounts of the partition;
 * `h` a hold as it was placed; `z` a hold as it ended;
 * `e` an entry that a hold wrote: the account, and its version.
 */
export type LeafKind = 't' | 'h' | 'z' | 'e';

export interface LeafRef {
  readonly kind: LeafKind;
  readonly id: string;
  /** Of an entry; 0 otherwise. */
  readonly version: bigint;
}

/** A row of the ledger in its canonical form (docs/architecture/audit-chain.md). */
export interface AuditRow {
  readonly relation: string;
  /** What it is known by in its table. */
  readonly key: string;
  /** Null where a row should be and is none. */
  readonly line: string | null;
}

export interface AuditLeaf {
  readonly ref: LeafRef;
  readonly rows: readonly AuditRow[];
}

export const leafNames: Readonly<Record<LeafKind, string>> = {
  t: 'transfer',
  h: 'hold',
  z: 'hold-end',
  e: 'entry',
};

/** A JSON array of texts and nulls, with one blank after each comma: as Postgres writes one. */
export const canonicalLine = (values: readonly (string | null)[]): string =>
  `[${values.map((value) => JSON.stringify(value)).join(', ')}]`;

/** What the hash of a leaf is of: a line that says what it is about, then its rows. */
export const leafText = (partition: number, { ref, rows }: AuditLeaf): string =>
  [
    canonicalLine([
      'atlas.audit.leaf.v1',
      leafNames[ref.kind],
      String(partition),
      ref.id,
      ref.version.toString(),
    ]),
    ...rows.map(({ line }) => line ?? ''),
  ].join('\n');

export const hashOfLeaf = (partition: number, leaf: AuditLeaf): HexHash =>
  leafHash(leafText(partition, leaf));

/** Whether every row that should be there is there. */
export const isComplete = ({ rows }: AuditLeaf): boolean =>
  rows.length > 0 && rows.every(({ line }) => line !== null);

/** Hex digits of a mark: 32 bits find a row that was changed; that it was, 256 bits say. */
export const markLength = 8;

/** By which a row that was changed is told from the others of its block. */
export const rowMark = ({ line }: AuditRow): string =>
  hash('sha256', line ?? '', 'hex').slice(0, markLength);
