import { randomUUID } from 'node:crypto';
import { Fault, partitionOfId, type RequestIdentity } from '@atlas/domain';
import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { acceptedValue, call, openAccount, request, transferOf } from '../../support/ledger.ts';
import { type PostgresProxy, postgresProxy } from '../../support/postgres-proxy.ts';

let database: TestDatabase;
let ledger: PostgresLedger;
let world: string;
let alice: string;

beforeAll(async () => {
  // One shard: the connection that is broken is the one that matters.
  database = await testDatabase(1);
  ledger = postgresLedger({ shards: database.api, namedStatements: true });
  await ledger.createAsset('acme', { code: 'EUR', scale: 2 }, call());
  world = await openAccount(ledger, 'acme');
  alice = await openAccount(ledger, 'acme');
});
afterAll(async () => {
  await ledger.close();
  await database.drop();
});

const post = (who: RequestIdentity, through = ledger) =>
  through.postTransfer(who, transferOf([world, alice, 1n]), call());

const entriesOfAlice = async () =>
  (await ledger.listEntries('acme', alice, {}, { limit: 200, after: null }, call()))?.items ?? [];

describe('two writers with one key', () => {
  it('the second is told that the first is in flight, and after it gets its answer', async () => {
    const who = request('acme', randomUUID(), 'same');
    const [connection] = database.api;
    if (connection === undefined) throw new Error('there is no shard');
    const { host, port, database: name, user } = connection;
    const first = new pg.Client({
      host,
      port,
      database: name,
      user,
      password: String(connection.password),
    });
    await first.connect();
    await first.query('BEGIN');
    const { rows } = await first.query(
      `SELECT (ledger.post_one($1, $2, $3, $6, $6, $6, 1, NULL, NULL, uuidv7(),
               $4, $5, 1, NULL, NULL, NULL)).outcome`,
      [who.tenant, who.keyHash, who.requestHash, world, alice, partitionOfId(world)],
    );
    expect(rows[0].outcome).toBe('done');

    expect(await post(who)).toEqual({
      kind: 'refused',
      refusal: { code: 'idempotency-key-in-flight' },
      replayed: false,
    });

    await first.query('COMMIT');
    await first.end();
    expect(await post(who)).toMatchObject({ kind: 'accepted', replayed: true });
  });
});

describe('a connection that breaks between the commit and the answer', () => {
  const through = async (work: (broken: PostgresLedger, proxy: PostgresProxy) => Promise<void>) => {
    const [connection] = database.api;
    if (connection === undefined) throw new Error('there is no shard');
    const proxy = await postgresProxy(connection);
    const broken = postgresLedger({
      shards: [{ ...connection, host: '127.0.0.1', port: proxy.port }],
      namedStatements: false,
      maxConnectionsPerShard: 1,
    });
    try {
      // Opens the connection, so that the next answer is that of a transfer.
      await broken.readAccount('acme', world, call());
      await work(broken, proxy);
    } finally {
      await broken.close();
      await proxy.close();
    }
  };

  it('is repeated under the same key, and finds what the first one did', () =>
    through(async (broken, proxy) => {
      const before = (await entriesOfAlice()).length;
      proxy.loseNextAnswer('reconnect');
      const outcome = await post(request('acme'), broken);
      expect(outcome).toMatchObject({ kind: 'accepted', replayed: true });
      expect(await entriesOfAlice()).toHaveLength(before + 1);
    }));

  it('is an unknown outcome where nobody can be asked, and the caller’s repeat finds out', () =>
    through(async (broken, proxy) => {
      const before = (await entriesOfAlice()).length;
      const who = request('acme', randomUUID(), 'same');
      proxy.loseNextAnswer('refuse');
      const fault = await post(who, broken).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(Fault);
      expect((fault as Fault).code).toBe('unknown-outcome');
      expect(await post(who)).toMatchObject({ kind: 'accepted', replayed: true });
      expect(await entriesOfAlice()).toHaveLength(before + 1);
    }));
});

describe('a fault', () => {
  it('stores nothing: the same key succeeds afterwards', async () => {
    const admin = await database.admin(0);
    await admin.query('BEGIN');
    await admin.query('SELECT FROM ledger.account WHERE account_id = $1 FOR UPDATE', [alice]);
    const who = request('acme', randomUUID(), 'same');
    await expect(post(who)).rejects.toMatchObject({ code: 'overloaded', retryable: true });
    await admin.query('ROLLBACK');
    await admin.end();
    const again = await post(who);
    expect(again).toMatchObject({ kind: 'accepted', replayed: false });
    acceptedValue(again);
  });
});
