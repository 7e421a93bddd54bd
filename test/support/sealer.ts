import {
  type AuditAnchors,
  type AuditChain,
  type Outbox,
  outboxSlotCount,
  type SealingReport,
  sealChain,
} from '@atlas/domain';
import { postgresAuditChains, postgresOutboxes } from '@atlas/postgres';
import type { TestDatabase } from './database.ts';

/** What drains the outboxes of a database and seals what was committed to it. */
export interface Sealer {
  readonly chains: readonly AuditChain[];
  /** Takes everything out of the outboxes, as the relay does once the log has it. */
  readonly drain: () => Promise<number>;
  /** Drains, and seals on every shard. */
  readonly seal: () => Promise<readonly SealingReport[]>;
  close(): Promise<void>;
}

/** Anchors in memory: for tests that are about something else. */
export const anchorsInMemory = (): AuditAnchors => {
  const kept = new Map<number, Parameters<AuditAnchors['put']>[0]>();
  return {
    latest: async (shard) => kept.get(shard),
    put: async (anchor) => {
      kept.set(anchor.shard, anchor);
    },
  };
};

/** Acknowledges whatever an outbox has, slot by slot. Answers with how many rows that were. */
export const drainOutbox = async (outbox: Outbox): Promise<number> => {
  let drained = 0;
  for (let slot = 0; slot < outboxSlotCount; slot += 1) {
    const lease = await outbox.acquire(slot, 'test', 60_000);
    if (lease === undefined) throw new Error(`somebody else has slot ${slot}`);
    for (;;) {
      const rows = await outbox.read(lease, 1_000);
      if (rows.length === 0) break;
      const ids = rows.map(({ id }) => id);
      if (!(await outbox.acknowledge(lease, ids))) throw new Error('the lease was lost');
      drained += rows.length;
    }
    await outbox.release(lease);
  }
  return drained;
};

export const startSealer = (database: Pick<TestDatabase, 'relay' | 'audit'>): Sealer => {
  const relayed = postgresOutboxes({ shards: database.relay, namedStatements: true });
  const audited = postgresAuditChains({ shards: database.audit, namedStatements: true });
  const anchors = anchorsInMemory();
  const drain = async () => {
    const counts = await Promise.all(relayed.outboxes.map(drainOutbox));
    return counts.reduce((sum, count) => sum + count, 0);
  };
  return {
    chains: audited.chains,
    drain,
    async seal() {
      await drain();
      const signal = AbortSignal.timeout(30_000);
      return Promise.all(audited.chains.map((chain) => sealChain({ chain, anchors, signal })));
    },
    async close() {
      await Promise.all([relayed.close(), audited.close()]);
    },
  };
};
