import type { ShardConnection } from '@atlas/postgres';
import pg from 'pg';

/** A client of a shard as one of its roles, for what no adapter does. */
export const connectAs = async (connection: ShardConnection | undefined): Promise<pg.Client> => {
  if (connection === undefined) throw new Error('there is no shard');
  const client = new pg.Client({
    ...connection,
    password: String(connection.password),
    ssl: false,
  });
  client.on('error', () => {});
  await client.connect();
  return client;
};
