import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@atlas/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrationsDirectory, takingTurns } from '../../support/database.ts';
import { testServices } from '../../support/services.ts';

const name = `migrations_${process.pid}_${Date.now()}`;
const folder = mkdtempSync(join(tmpdir(), 'atlas-migrations-'));
const files = readdirSync(migrationsDirectory).sort();
let url: string;
let client: pg.Client;

const adminUrl = (): string => testServices().postgresAdminUrls[0] ?? '';

const onServer = async (sql: string): Promise<void> => {
  const server = new pg.Client({ connectionString: adminUrl() });
  await server.connect();
  await server.query(sql);
  await server.end();
};

beforeAll(async () => {
  await onServer(`CREATE DATABASE ${name}`);
  const own = new URL(adminUrl());
  own.pathname = `/${name}`;
  url = own.toString();
  client = new pg.Client({ connectionString: url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
  rmSync(folder, { recursive: true });
});

const run = () =>
  takingTurns(adminUrl(), () =>
    migrate({
      admin: { connectionString: url },
      directory: folder,
      shard: 1,
      shardCount: 2,
      passwords: testServices().passwords,
    }),
  );

const exists = async (query: string): Promise<boolean> =>
  (await client.query(`SELECT (${query}) IS NOT NULL AS found`)).rows[0].found;

/** What each migration brings; a new one is not tested until it has its line here. */
const brings: Readonly<Record<string, readonly string[]>> = {
  '0001': [`to_regclass('ledger.partition_owner')`, `to_regrole('atlas_api')`],
  '0002': [`to_regclass('ledger.account')`, `to_regclass('ledger.idempotency_key')`],
  '0003': [`to_regclass('ledger.outbox')`, `to_regclass('ledger.outbox_lease')`],
  '0004': [`to_regproc('ledger.hold_partitions')`, `to_regproc('ledger.bind_key')`],
  '0005': [`to_regproc('ledger.post_one')`],
  '0006': [`to_regproc('ledger.apply_items')`, `to_regproc('ledger.post_many')`],
  '0007': [`to_regproc('ledger.open_account')`, `to_regproc('ledger.change_account')`],
  '0008': [`to_regproc('ledger.read_accounts')`, `to_regproc('ledger.trial_balance')`],
  '0009': [`to_regproc('ledger.read_outbox')`, `to_regproc('ledger.unpark_outbox')`],
  '0010': [`to_regproc('ledger.read_holds')`, `to_regproc('ledger.expire_hold')`],
  '0011': [`to_regproc('ledger.balance_as_of')`, `to_regproc('ledger.balance_effective_at')`],
  '0012': [`to_regclass('ledger.intake')`, `to_regproc('ledger.post_intakes')`],
  '0013': [`to_regclass('ledger.audit_block')`, `to_regproc('ledger.append_block')`],
  '0014': [`to_regclass('ledger.webhook_delivery')`, `to_regproc('ledger.evaluate_monitors')`],
  '0015': [`to_regclass('ledger.reconciliation')`, `to_regproc('ledger.record_reconciliation')`],
  '0016': [
    `(SELECT p.oid FROM pg_proc p WHERE p.proname = 'post_one' AND p.prosrc LIKE '%old.recorded_at%')`,
  ],
};

describe('the migrations', () => {
  it.each(files)('%s is applied once, brings what it should, and says so', async (file) => {
    const expected = brings[file.slice(0, 4)];
    if (expected === undefined) throw new Error(`say above what ${file} brings`);
    // Roles belong to the server, and other databases have made them already.
    for (const query of expected.filter((one) => !one.startsWith('to_regrole'))) {
      expect(await exists(query)).toBe(false);
    }
    cpSync(join(migrationsDirectory, file), join(folder, file));
    expect(await run()).toEqual([file]);
    for (const query of expected) expect(await exists(query)).toBe(true);
  });

  it('do nothing when there is nothing left to do', async () => {
    expect(await run()).toEqual([]);
  });

  it('give each shard its own half of the partitions', async () => {
    const { rows } = await client.query(
      `SELECT min(partition) AS first, count(*)::int AS n FROM ledger.partition_owner WHERE state = 'owned'`,
    );
    expect(rows).toEqual([{ first: 128, n: 128 }]);
  });

  it('leave no trace of one that fails, and go on once it is mended', async () => {
    const file = '9000-planted.sql';
    writeFileSync(join(folder, file), 'CREATE TABLE ledger.planted (id int); SELECT 1 / 0;');
    await expect(run()).rejects.toThrow(`migration ${file} failed: division by zero`);
    expect(await exists(`to_regclass('ledger.planted')`)).toBe(false);
    writeFileSync(join(folder, file), 'CREATE TABLE ledger.planted (id int);');
    expect(await run()).toEqual([file]);
  });

  it('refuse to go on when one that was applied has been changed', async () => {
    writeFileSync(join(folder, '9000-planted.sql'), 'SELECT 2;');
    await expect(run()).rejects.toThrow('has been changed since');
  });
});
