import { initialPartitionMap, type PartitionMap } from '@atlas/domain';
import { type Router, router } from './router.ts';
import { openShard, type Shard } from './shard.ts';
import type { ShardConnection } from './shard-connection.ts';

export interface ShardOptions {
  /** One a shard, all as the same role. */
  readonly shards: readonly ShardConnection[];
  readonly namedStatements: boolean;
  /** A function serves one request at a time, so it needs few. Default 4. */
  readonly maxConnectionsPerShard?: number;
  /** Default: the layout that an installation of this many shards starts with. */
  readonly partitionMap?: PartitionMap;
}

export interface OpenShards {
  readonly shards: readonly Shard[];
  readonly to: Router;
  /** Waits for the statements under way, and closes the connections. */
  readonly close: () => Promise<void>;
}

/** Pools for every shard, and the way to them; connections are opened at the first call. */
export const openShards = (options: ShardOptions): OpenShards => {
  const { namedStatements, maxConnectionsPerShard: maxConnections = 4 } = options;
  const shards = options.shards.map((connection) =>
    openShard({ connection, namedStatements, maxConnections }),
  );
  return {
    shards,
    to: router(shards, options.partitionMap ?? initialPartitionMap(shards.length)),
    close: async () => {
      await Promise.all(shards.map((shard) => shard.close()));
    },
  };
};
