import { ensureTopics } from '@atlas/kafka';
import { migrate, type RolePasswords } from '@atlas/postgres';
import pg from 'pg';
import { topics } from '../functions/manifest.ts';
import { migrationsFolder } from './paths.ts';

export const databaseName = 'atlas';

export interface ShardToMigrate {
  readonly host: string;
  readonly port: number;
  readonly adminPassword: string;
}

const connect = async (shard: ShardToMigrate, database: string): Promise<pg.Client> => {
  const client = new pg.Client({
    host: shard.host,
    port: shard.port,
    database,
    user: 'postgres',
    password: shard.adminPassword,
  });
  await client.connect();
  return client;
};

/** Creates the database of each shard where it is missing, and brings it to the newest schema. */
export const migrateShards = async (
  shards: readonly ShardToMigrate[],
  passwords: RolePasswords,
): Promise<number> => {
  const applied = await Promise.all(
    shards.map(async (shard, id) => {
      const client = await connect(shard, 'postgres');
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [
        databaseName,
      ]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${databaseName}`);
      await client.end();
      return migrate({
        admin: {
          host: shard.host,
          port: shard.port,
          database: databaseName,
          user: 'postgres',
          password: shard.adminPassword,
        },
        directory: migrationsFolder,
        shard: id,
        shardCount: shards.length,
        passwords,
      });
    }),
  );
  return applied.flat().length;
};

export const createTopics = (brokers: string): Promise<readonly string[]> =>
  ensureTopics({ brokers: brokers.split(','), clientId: 'platform', auth: 'none' }, topics);
