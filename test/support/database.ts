import { fileURLToPath } from 'node:url';
import { migrate, type ShardConnection } from '@atlas/postgres';
import pg from 'pg';
import { testServices } from './services.ts';

export const migrationsDirectory = fileURLToPath(
  new URL('../../layers/postgres/migrations/', import.meta.url),
);

export interface TestDatabase {
  /** Connections of both shards, as the API's role. */
  readonly api: readonly ShardConnection[];
  /** The same, as the relay's. */
  readonly jobs: readonly ShardConnection[];
  readonly relay: readonly ShardConnection[];
  /** And as the role that seals and checks the audit chains. */
  readonly audit: readonly ShardConnection[];
  /** A superuser's client on a shard, for looking behind row level security. */
  admin(shard: number): Promise<pg.Client>;
  drop(): Promise<void>;
}

const withAdmin = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const inDatabase = (url: string, database: string): string => {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.toString();
};

const lockOfTemplates = 421_001;

/** Roles belong to the whole server: whoever changes them, in whatever database, takes turns. */
export const takingTurns = <T>(serverUrl: string, work: () => Promise<T>): Promise<T> =>
  withAdmin(serverUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [lockOfTemplates]);
    return work();
  });

/**
 * The migrated template of a shard, made once per server. Roles belong to the whole server, so
 * workers take turns; the lock also keeps a template from being copied while it is written.
 */
const ensureTemplate = (client: pg.Client, url: string, shard: number, shardCount: number) => {
  const template = `atlas_template_${shardCount}_${shard}`;
  return (async () => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [
      template,
    ]);
    if (rowCount === 0) {
      const building = `${template}_building`;
      await client.query(`DROP DATABASE IF EXISTS ${building}`);
      await client.query(`CREATE DATABASE ${building}`);
      await migrate({
        admin: { connectionString: inDatabase(url, building) },
        directory: migrationsDirectory,
        shard,
        shardCount,
        passwords: testServices().passwords,
      });
      await client.query(`ALTER DATABASE ${building} RENAME TO ${template}`);
    }
    return template;
  })();
};

let made = 0;

/** A fresh, migrated database on each of the first `shardCount` servers; copying takes 50 ms. */
export const testDatabase = async (shardCount = 2): Promise<TestDatabase> => {
  const { postgresAdminUrls: urls, passwords } = testServices();
  const places = Array.from({ length: shardCount }, (_, shard) => {
    const url = urls[shard % urls.length];
    if (url === undefined) throw new Error('the test services have no Postgres');
    made += 1;
    return { shard, url, database: `test_${process.pid}_${Date.now()}_${made}` };
  });
  for (const { shard, url, database } of places) {
    await withAdmin(url, async (client) => {
      await client.query('SELECT pg_advisory_lock($1)', [lockOfTemplates]);
      const template = await ensureTemplate(client, url, shard, shardCount);
      await client.query(`CREATE DATABASE ${database} TEMPLATE ${template}`);
    });
  }
  const connections = (user: string, password: string): ShardConnection[] =>
    places.map(({ shard, url, database }) => ({
      id: shard,
      host: new URL(url).hostname,
      port: Number(new URL(url).port),
      database,
      user,
      password,
      tls: false,
    }));
  return {
    api: connections('atlas_api', passwords.api),
    relay: connections('atlas_relay', passwords.relay),
    jobs: connections('atlas_jobs', passwords.jobs),
    audit: connections('atlas_audit', passwords.audit),
    async admin(shard) {
      const place = places[shard];
      if (place === undefined) throw new RangeError(`no shard ${shard}`);
      const client = new pg.Client({ connectionString: inDatabase(place.url, place.database) });
      await client.connect();
      return client;
    },
    async drop() {
      for (const { url, database } of places) {
        await withAdmin(url, (client) => client.query(`DROP DATABASE ${database} WITH (FORCE)`));
      }
    },
  };
};
