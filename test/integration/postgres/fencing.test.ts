import { partitionOfId } from '@atlas/domain';
import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { call, openAccount, request, transferOf } from '../../support/ledger.ts';
import { pollUntil } from '../../support/poll.ts';

let database: TestDatabase;
let ledger: PostgresLedger;
let admin: pg.Client;
let world: string;
let alice: string;
let partition: number;

beforeAll(async () => {
  database = await testDatabase(1);
  ledger = postgresLedger({ shards: database.api, namedStatements: true });
  admin = await database.admin(0);
  await ledger.createAsset('acme', { code: 'EUR', scale: 2 }, call());
  world = await openAccount(ledger, 'acme');
  alice = await openAccount(ledger, 'acme');
  partition = partitionOfId(alice);
});
afterAll(async () => {
  await ledger.close();
  await admin.end();
  await database.drop();
});

const setOwner = (epoch: number, state: string) =>
  admin.query('UPDATE ledger.partition_owner SET epoch = $1, state = $2 WHERE partition = $3', [
    epoch,
    state,
    partition,
  ]);
const post = () => ledger.postTransfer(request('acme'), transferOf([world, alice, 1n]), call());
const keys = async () => {
  const { rows } = await admin.query(
    `SELECT (SELECT count(*) FROM ledger.idempotency_key)
          + (SELECT count(*) FROM ledger.transfer t WHERE t.key_hash IS NOT NULL) AS n`,
  );
  return Number(rows[0].n);
};

describe('a partition', () => {
  it('takes no write in another epoch, or when it is fenced, and then keeps no key', async () => {
    for (const [epoch, state] of [
      [2, 'owned'],
      [1, 'fenced'],
      [1, 'foreign'],
    ] as const) {
      const before = await keys();
      await setOwner(epoch, state);
      await expect(post()).rejects.toMatchObject({ code: 'stale-route', retryable: true });
      expect(await keys()).toBe(before);
    }
    await setOwner(1, 'owned');
    expect((await post()).kind).toBe('accepted');
  });

  it('makes writers wait while it moves, and refuses those whose route went stale meanwhile', async () => {
    await admin.query('BEGIN');
    await admin.query('SELECT pg_advisory_xact_lock(421, $1)', [partition]);
    const writing = post().catch((error: unknown) => error);
    const observer = await database.admin(0);
    await pollUntil(
      async () =>
        Number(
          (
            await observer.query(
              `SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`,
            )
          ).rows[0].n,
        ),
      (waiting) => waiting === 1,
    );
    await observer.end();
    await setOwner(2, 'owned');
    await admin.query('COMMIT');
    expect(await writing).toMatchObject({ code: 'stale-route' });
    await setOwner(1, 'owned');
  });
});
