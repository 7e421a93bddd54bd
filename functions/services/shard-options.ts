import type { ShardOptions } from '@atlas/postgres';
import { demandAtStart, postgresConfig, stageConfig } from '@atlas/runtime';
import { connectionsPerShard } from '../manifest-rows.ts';
import { guardOf } from './guards.ts';

demandAtStart(postgresConfig);

/** The shards, as the database role that this function's environment names, for one of its accesses. */
export const shardOptions = (access: keyof typeof connectionsPerShard): ShardOptions => {
  const config = postgresConfig();
  return {
    maxConnectionsPerShard: connectionsPerShard[access],
    guardOf: (shard) => guardOf('postgres', shard),
    namedStatements: config.ATLAS_POSTGRES_NAMED_STATEMENTS,
    shards: config.ATLAS_SHARDS.map((shard) => ({
      ...shard,
      user: config.ATLAS_POSTGRES_USER,
      password: config.ATLAS_POSTGRES_PASSWORD ?? (() => iamToken(shard)),
    })),
  };
};

/** A token signed with the function's own role; no password exists that could leak. */
const iamToken = async (shard: {
  readonly host: string;
  readonly port: number;
}): Promise<string> => {
  const { Signer } = await import('@aws-sdk/rds-signer');
  const signer = new Signer({
    hostname: shard.host,
    port: shard.port,
    username: postgresConfig().ATLAS_POSTGRES_USER,
    region: stageConfig().AWS_REGION,
  });
  return signer.getAuthToken();
};
