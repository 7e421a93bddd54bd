import { hash } from 'node:crypto';
import { type Partition, partitionCount } from './ids.ts';

/**
 * Where data lives. 256 virtual partitions are fixed for ever; a versioned map says which shard
 * owns each of them, and in which epoch. Writers present the epoch they believe in, and the shard
 * refuses a stale one (fencing), so a map that is out of date can delay a write, never misplace it.
 * The idea is that of fixed partitions in Designing Data-Intensive Applications, chapter 6.
 */
export interface PartitionOwner {
  readonly shard: number;
  readonly epoch: number;
}

export interface PartitionMap {
  readonly version: number;
  readonly shardCount: number;
  /** 256 owners, indexed by partition. */
  readonly owners: readonly PartitionOwner[];
}

const firstByteOfSha256 = (text: string): Partition =>
  Number.parseInt(hash('sha256', text, 'hex').slice(0, 2), 16);

/** The partition on which a tenant's accounts, idempotency keys and directories live by default. */
export const homePartition = (tenant: string): Partition => firstByteOfSha256(tenant);

/** The partition of an account that was opened with an explicit partition key (strategy `hash`). */
export const hashedPartition = (tenant: string, partitionKey: string): Partition =>
  firstByteOfSha256(`${tenant}\u0000${partitionKey}`);

/** The layout a new installation starts with: equal, contiguous ranges, every owner in epoch 1. */
export const initialPartitionMap = (shardCount: number): PartitionMap => ({
  version: 1,
  shardCount,
  owners: Array.from({ length: partitionCount }, (_, partition) => ({
    shard: Math.floor((partition * shardCount) / partitionCount),
    epoch: 1,
  })),
});
