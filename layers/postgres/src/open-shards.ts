import { initialPartitionMap } from '@atlas/domain';
import type { PostgresLedgerOptions } from './ledger.ts';
import { type Router, router } from './router.ts';
import { openShard, type Shard } from './shard.ts';

export interface OpenShards {
  readonly shards: readonly Shard[];
  readonly to: Router;
  /** Waits for the statements under way, and closes the connections. */
  readonly close: () => Promise<void>;
}

/** Pools for every shard, and the way to them; connections are opened at the first call. */
export const openShards = (options: PostgresLedgerOptions): OpenShards => {
  const shards = options.shards.map((connection) =>
    openShard({
      connection,
      namedStatements: options.namedStatements,
      maxConnections: options.maxConnectionsPerShard ?? 4,
    }),
  );
  return {
    shards,
    to: router(shards, options.partitionMap ?? initialPartitionMap(shards.length)),
    close: async () => {
      await Promise.all(shards.map((shard) => shard.close()));
    },
  };
};
