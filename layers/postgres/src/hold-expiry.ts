import { type CallContext, Fault, type HoldExpiry } from '@atlas/domain';
import { openShards, type ShardOptions } from './open-shards.ts';
import type { Router } from './router.ts';
import type { Shard } from './shard.ts';
import { statements } from './statements.ts';

export interface PostgresHoldExpiry extends HoldExpiry {
  close(): Promise<void>;
}

/** A hold of any tenant whose time is over (function ledger.due_holds). */
interface DueRow extends Record<string, unknown> {
  readonly tenant: string;
  readonly hold_id: string;
  readonly partition: number;
  readonly credit_partition: number;
}

/** Expires holds, as the role atlas_jobs, one transaction each, so that one that cannot be released holds up no other. */
export const postgresHoldExpiry = (options: ShardOptions): PostgresHoldExpiry => {
  const { shards, to, close } = openShards(options);
  return {
    async expireDue(limit, context) {
      const each = await Promise.all(
        shards.map((shard) => expireOn(shard, to, Math.ceil(limit / shards.length), context)),
      );
      return {
        expired: each.reduce((sum, { expired }) => sum + expired, 0),
        failed: each.reduce((sum, { failed }) => sum + failed, 0),
      };
    },
    close,
  };
};

const expireOn = async (shard: Shard, to: Router, limit: number, context: CallContext) => {
  const { deadline, traceparent = null } = context;
  const call = { deadline, effect: 'write' } as const;
  const due = await shard.run<DueRow>(statements.dueHolds, [limit], { deadline, effect: 'read' });
  const counts = { expired: 0, failed: 0 };
  for (const row of due) {
    try {
      const { partitions, epochs } = to.route([row.partition, row.credit_partition]);
      const values = [row.tenant, row.hold_id, partitions, epochs, traceparent];
      const [done] = await shard.run<{ readonly expire_hold: boolean }>(
        statements.expireHold,
        values,
        call,
      );
      // Captured or voided since it was found due, or expired by another run: then it is done with.
      if (done?.expire_hold === true) counts.expired += 1;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      counts.failed += 1;
    }
  }
  return counts;
};
