import { deadlineIn } from '@atlas/domain';
import type { Shard } from './shard.ts';

export interface ShardHealth {
  readonly shard: number;
  readonly ok: boolean;
  readonly latencyMs: number;
}

const ping = { name: 'ping', text: 'SELECT 1' };

export const checkShards = (
  shards: readonly Shard[],
  timeoutMs: number,
): Promise<readonly ShardHealth[]> =>
  Promise.all(
    shards.map(async (shard) => {
      const startedMs = performance.now();
      const deadline = deadlineIn(Date.now(), timeoutMs);
      const ok = await shard.run(ping, [], { deadline, effect: 'read' }).then(
        () => true,
        () => false,
      );
      return { shard: shard.id, ok, latencyMs: Math.round(performance.now() - startedMs) };
    }),
  );
