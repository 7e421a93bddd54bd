import type { AuditBlock, ChainTip } from './audit-block.ts';
import type { AuditLeaf, LeafRef } from './audit-leaf.ts';
import type { HexHash } from './merkle-tree.ts';

/** The last block of a partition, or any other, by what identifies it. */
export interface ChainHead {
  readonly partition: number;
  readonly height: number;
  readonly hash: HexHash;
}

export interface SealingDepth {
  readonly waiting: number;
  /** Since the commit of what has waited longest. */
  readonly oldestAgeMs: number;
}

/** A row that is not what the chain says, without saying which block has it. */
export interface StrayRow {
  readonly partition: number;
  readonly relation: string;
  readonly key: string;
}

/** The chains of one shard, one a partition, and the rows that they are of. */
export interface AuditChain {
  readonly shard: number;
  /** Whose leaves wait to be sealed, and where. */
  pending(): Promise<readonly { readonly partition: number; readonly tenant: string }[]>;
  /** A page of the leaves that wait, after the one given, with their rows as they are. */
  readPending(
    partition: number,
    tenant: string,
    after: LeafRef | undefined,
    limit: number,
  ): Promise<readonly AuditLeaf[]>;
  tip(partition: number, tenant: string): Promise<ChainTip>;
  /**
   * Appends a block and takes its leaves from what waits, both or neither. False, and nothing is done,
   * where another was faster.
   */
  append(block: AuditBlock): Promise<boolean>;
  depth(): Promise<SealingDepth>;
  heads(): Promise<readonly ChainHead[]>;
  /** The hashes that blocks have; undefined where there is no such block. */
  hashesOf(heads: readonly ChainHead[]): Promise<readonly (HexHash | undefined)[]>;
  /** Blocks above a height, from below. */
  blocks(partition: number, above: number, limit: number): Promise<readonly AuditBlock[]>;
  /** The leaves of a block, with their rows as they are now. */
  sealedLeaves(block: AuditBlock): Promise<readonly AuditLeaf[]>;
  /** Rows that no block has and that do not wait for one. */
  unsealed(tenant: string | undefined, limit: number): Promise<readonly StrayRow[]>;
  /** Totals of accounts, and what holds have released, that are not the sum of their entries. */
  unfolded(tenant: string | undefined, limit: number): Promise<readonly StrayRow[]>;
  /** Where the job that looks again goes on: the height it has come to, longest ago first. */
  rounds(): Promise<readonly { readonly partition: number; readonly height: number }[]>;
  noteAudited(partition: number, height: number): Promise<void>;
}
