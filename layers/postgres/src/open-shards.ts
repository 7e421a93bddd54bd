import { type CallGuard, initialPartitionMap, type PartitionMap } from '@atlas/domain';
import { type Router, router } from './router.ts';
import { openShard, type Shard } from './shard.ts';
import type { ShardConnection } from './shard-connection.ts';

export interface ShardOptions {
  /** One a shard, all as the same role. */
  readonly shards: readonly ShardConnection[];
  readonly namedStatements: boolean;
  /** A function serves one request at a time, so it needs few. Default 4. */
  readonly maxConnectionsPerShard?: number;
  /** What stands before a shard. Default: nothing, for tools and tests that call one database. */
  readonly guardOf?: (shard: number) => CallGuard;
  /** Default: the layout that an installation of this many shards starts with. */
  readonly partitionMap?: PartitionMap;
}

export interface OpenShards {
  readonly shards: readonly Shard[];
  readonly to: Router;
  /** Waits for the statements under way, and closes the connections. */
  readonly close: () => Promise<void>;
}

/** Statements are bounded by their deadlines in any case (see shard.ts). */
const unguarded: CallGuard = {
  run: (call) => call(new AbortController().signal),
  mayRetry: () => true,
};

/** Pools for every shard, and the way to them; connections are opened at the first call. */
export const openShards = (options: ShardOptions): OpenShards => {
  const { namedStatements, maxConnectionsPerShard: maxConnections = 4, guardOf } = options;
  const shards = options.shards.map((connection) =>
    openShard({
      connection,
      namedStatements,
      maxConnections,
      guard: guardOf?.(connection.id) ?? unguarded,
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
