import type { EventMessage } from './ledger/events.ts';

/** A relay slot is a partition modulo this; leases are per shard and slot. */
export const outboxSlotCount = 8;

/** Held by at most one relay at a time as far as Postgres can tell; a zombie may still send. */
export interface OutboxLease {
  readonly shard: number;
  readonly slot: number;
  readonly holder: string;
  /** Grows with every change of hands; every acknowledgement presents it. */
  readonly epoch: bigint;
}

/** One outbox row, expanded into the events it stands for, in the order they must be sent. */
export interface OutboxRow {
  readonly id: bigint;
  readonly partition: number;
  readonly aggregateId: string;
  readonly writtenAt: Date;
  readonly attempts: number;
  readonly messages: readonly EventMessage[];
  /** Why no events can be made of what is stored; then there are no messages. */
  readonly malformed?: string;
}

export interface OutboxDepth {
  readonly waiting: number;
  readonly oldestAgeMs: number;
  readonly parked: number;
}

/**
 * The outbox of one shard: rows written in the transaction of the change they tell of, read in id
 * order per slot, and deleted once the log has acknowledged them. There is no cursor, so a row that
 * commits late is never passed over.
 */
export interface Outbox {
  readonly shard: number;
  /** Takes or renews the lease of a slot; undefined while somebody else holds it. */
  acquire(slot: number, holder: string, ttlMs: number): Promise<OutboxLease | undefined>;
  release(lease: OutboxLease): Promise<void>;
  /** Rows of the slot in id order, without those of parked aggregates. */
  read(lease: OutboxLease, limit: number): Promise<readonly OutboxRow[]>;
  /** Deletes rows that the log has acknowledged. False when the lease was lost meanwhile. */
  acknowledge(lease: OutboxLease, ids: readonly bigint[]): Promise<boolean>;
  /** Counts a failed attempt; at `maxAttempts` parks the row's aggregate and answers true. */
  fail(lease: OutboxLease, id: bigint, reason: string, maxAttempts: number): Promise<boolean>;
  depth(): Promise<OutboxDepth>;
}
