import type { IntakeSweep } from '@atlas/domain';
import { openShards, type ShardOptions } from './open-shards.ts';
import { statements } from './statements.ts';

export interface PostgresIntakeSweep extends IntakeSweep {
  close(): Promise<void>;
}

/** An intake of any tenant that waits (function ledger.waiting_intakes). */
interface WaitingRow extends Record<string, unknown> {
  readonly tenant: string;
  readonly intake_id: string;
}

interface DepthRow extends Record<string, unknown> {
  readonly waiting: bigint;
  readonly oldest_age_ms: bigint;
  readonly failing: bigint;
}

/** Looks for what waits on every shard, as the role atlas_jobs. What it sends twice is posted once. */
export const postgresIntakeSweep = (options: ShardOptions): PostgresIntakeSweep => {
  const { shards, to, close } = openShards(options);
  return {
    async due(limit, { deadline }) {
      const rows = await Promise.all(
        shards.map((shard) =>
          shard.run<WaitingRow>(statements.waitingIntakes, [Math.ceil(limit / shards.length)], {
            deadline,
            effect: 'read',
          }),
        ),
      );
      return rows.flat().map(({ tenant, intake_id: intakeId }) => ({ tenant, intakeId }));
    },
    async resent(sent, { deadline }) {
      const groups = Map.groupBy(
        sent,
        ({ tenant, intakeId }) => `${to.shardOfId(intakeId).id} ${tenant}`,
      );
      for (const group of groups.values()) {
        const [first] = group;
        if (first === undefined) continue;
        const ids = group.map(({ intakeId }) => intakeId);
        const call = { deadline, effect: 'write' } as const;
        await to.shardOfId(first.intakeId).run(statements.noteResent, [first.tenant, ids], call);
      }
    },
    async depth({ deadline }) {
      const rows = await Promise.all(
        shards.map((shard) =>
          shard.run<DepthRow>(statements.intakeDepth, [], { deadline, effect: 'read' }),
        ),
      );
      const all = rows.flat();
      return {
        waiting: all.reduce((sum, { waiting }) => sum + Number(waiting), 0),
        oldestAgeMs: Math.max(0, ...all.map(({ oldest_age_ms: age }) => Number(age))),
        failing: all.reduce((sum, { failing }) => sum + Number(failing), 0),
      };
    },
    close,
  };
};
