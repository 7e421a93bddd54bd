import { Fault, type Partition, type PartitionMap, partitionOfId } from '@atlas/domain';
import type { Shard } from './shard.ts';

/** A set of partitions on one shard, as a write presents them: ascending, with their epochs. */
export interface Route {
  readonly shard: Shard;
  readonly partitions: readonly number[];
  readonly epochs: readonly number[];
}

export interface Router {
  readonly shards: readonly Shard[];
  shardOf(partition: Partition): Shard;
  shardOfId(id: string): Shard;
  /** All of them must be on the shard of the first. */
  route(partitions: readonly Partition[]): Route;
}

export const router = (shards: readonly Shard[], map: PartitionMap): Router => {
  const byId = new Map(shards.map((shard) => [shard.id, shard]));
  const owner = (partition: Partition) => {
    const found = map.owners[partition];
    if (found === undefined) throw new RangeError(`no partition ${partition}`);
    return found;
  };
  const shardOf = (partition: Partition): Shard => {
    const { shard } = owner(partition);
    const found = byId.get(shard);
    if (found === undefined) throw new Fault('stale-route', `shard ${shard} is not configured`);
    return found;
  };
  return {
    shards,
    shardOf,
    shardOfId: (id) => shardOf(partitionOfId(id)),
    route(partitions) {
      const ascending = [...new Set(partitions)].sort((a, b) => a - b);
      const [first] = ascending;
      if (first === undefined) throw new RangeError('a route needs a partition');
      return {
        shard: shardOf(first),
        partitions: ascending,
        epochs: ascending.map((partition) => owner(partition).epoch),
      };
    },
  };
};
