import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate, type ShardConnection } from '@atlas/postgres';
import pg from 'pg';
import { migrationsDirectory } from '../support/database.ts';
import { testServices } from '../support/services.ts';
import { accountCount, accountId, home, tenant } from './posting-calls.ts';
import { type CpuMeter, cpuOfFamily } from './process-cpu.ts';

export interface BenchDatabase {
  /** As the API's role, which row level security binds. */
  readonly shard: ShardConnection & { readonly password: string };
  /** The superuser, for what no call makes. */
  readonly admin: pg.Client;
  readonly cpu: CpuMeter;
  readonly version: string;
  /**
   * Equal starting points: empty tables but for the accounts, whose dead rows are gone, and
   * nothing left to write back.
   */
  reset(): Promise<void>;
  drop(): Promise<void>;
}

const setting = async (client: pg.Client, name: string): Promise<string> => {
  const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [
    name,
  ]);
  return rows[0]?.value ?? '';
};

/**
 * A database with the ledger and the yardstick beside it, on the last of the test servers: the first
 * has a standby, whose work would count as Postgres's. Refuses a server that does not sync.
 */
export const benchDatabase = async (): Promise<BenchDatabase> => {
  const { postgresAdminUrls, passwords } = testServices();
  const url = new URL(postgresAdminUrls.at(-1) ?? '');
  const name = `bench_${process.pid}_${Date.now()}`;
  const server = new pg.Client({ connectionString: url.toString() });
  await server.connect();
  await server.query(`CREATE DATABASE ${name}`);
  for (const safety of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    if ((await setting(server, safety)) !== 'on') throw new Error(`${safety} is off`);
  }
  const version = await setting(server, 'server_version');
  const { rows } = await server.query<{ pid: string }>(
    `SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid`,
  );
  url.pathname = `/${name}`;
  await migrate({
    admin: { connectionString: url.toString() },
    directory: migrationsDirectory,
    shard: 0,
    shardCount: 1,
    passwords,
  });
  const admin = new pg.Client({ connectionString: url.toString() });
  await admin.connect();
  await admin.query(await readFile(join(import.meta.dirname, 'lean-yardstick.sql'), 'utf8'));
  await openAccounts(admin);
  return {
    shard: {
      id: 0,
      host: url.hostname,
      port: Number(url.port),
      database: name,
      user: 'atlas_api',
      password: passwords.api,
      tls: false,
    },
    admin,
    cpu: cpuOfFamily(Number(rows[0]?.pid)),
    version,
    async reset() {
      await admin.query(`TRUNCATE ledger.reversal, ledger.posting, ledger.transfer, ledger.entry, ledger.outbox,
        ledger.idempotency_key, ledger.effective_shift, ledger.effective_shift_sum, ledger.intake,
        lean.transfer, lean.entry`);
      await admin.query('VACUUM (ANALYZE) ledger.account');
      await admin.query('VACUUM (ANALYZE) lean.account');
      await admin.query('CHECKPOINT');
    },
    async drop() {
      await admin.end();
      await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await server.end();
    },
  };
};

/** Every account may go down to nothing and has enough: the limit is checked and never met. */
const openAccounts = async (admin: pg.Client): Promise<void> => {
  const ids = Array.from({ length: accountCount }, (_, number) => accountId(number));
  await admin.query(
    `INSERT INTO ledger.asset (tenant, code, scale) VALUES ('${tenant}', 'EUR', 2)`,
  );
  await admin.query(
    `INSERT INTO ledger.account
       (tenant, account_id, asset, partition, min_balance, posted_credits, recorded_at)
     SELECT $1, id, 'EUR', $2, 0, 1000000000000, now() FROM unnest($3::uuid[]) AS id`,
    [tenant, home, ids],
  );
  await admin.query(
    `INSERT INTO ledger.account_detail (tenant, account_id, partition, opened_at)
     SELECT $1, id, $2, now() FROM unnest($3::uuid[]) AS id`,
    [tenant, home, ids],
  );
  await admin.query(
    `INSERT INTO lean.account (account_id, posted_credits)
     SELECT id, 1000000000000 FROM unnest($1::uuid[]) AS id`,
    [ids],
  );
};
