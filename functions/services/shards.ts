import type { ShardConnection } from '@atlas/postgres';
import { postgresConfig, stageConfig } from '@atlas/runtime';

/** The shards, as the database role that this function's environment names. */
export const shards = (): readonly ShardConnection[] => {
  const config = postgresConfig();
  return config.ATLAS_SHARDS.map((shard) => ({
    ...shard,
    user: config.ATLAS_POSTGRES_USER,
    password: config.ATLAS_POSTGRES_PASSWORD ?? (() => iamToken(shard)),
  }));
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
