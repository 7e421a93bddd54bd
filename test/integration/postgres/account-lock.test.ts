import { type Account, type Outcome, partitionOfId, type Transfer } from '@atlas/domain';
import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { acceptedValue, call, openAccount, request, transferOf } from '../../support/ledger.ts';
import { pollUntil } from '../../support/poll.ts';

let database: TestDatabase;
let ledger: PostgresLedger;
let admin: pg.Client;
let world: string;
let alice: string;
let bob: string;

beforeAll(async () => {
  database = await testDatabase(1);
  ledger = postgresLedger({ shards: database.api, namedStatements: true });
  admin = await database.admin(0);
  await ledger.createAsset('acme', { code: 'EUR', scale: 2 }, call());
  [world, alice, bob] = await Promise.all([
    openAccount(ledger, 'acme'),
    openAccount(ledger, 'acme'),
    openAccount(ledger, 'acme'),
  ]);
});
afterAll(async () => {
  await ledger.close();
  await admin.end();
  await database.drop();
});

const now = async (): Promise<Date> =>
  (await admin.query<{ now: Date }>('SELECT clock_timestamp() AS now')).rows[0]?.now ?? new Date(0);

const waiting = async (): Promise<number> => {
  const { rows } = await admin.query<{ n: string }>(
    `SELECT count(*) AS n FROM pg_locks
      WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return Number(rows[0]?.n);
};

/** Runs `write` against the account's lock, which a reader holds; answers when it was given back. */
const whileHeld = async <T>(account: string, write: () => Promise<T>) => {
  await admin.query('BEGIN');
  await admin.query(`SELECT pg_advisory_xact_lock_shared(ledger.account_lock('acme', $1))`, [
    account,
  ]);
  const written = write();
  await pollUntil(waiting, (count) => count === 1);
  const releasedAt = await now();
  await admin.query('COMMIT');
  return { written: await written, releasedAt };
};

const holdOf = (debitAccountId: string, creditAccountId: string) => ({
  debitAccountId,
  creditAccountId,
  amountMinor: 3n,
  expiresAt: null,
  reference: null,
  metadata: {},
});

describe('the lock of an account', () => {
  const forms: readonly (readonly [string, () => Promise<Outcome<Transfer>>])[] = [
    [
      'one posting',
      () => ledger.postTransfer(request('acme'), transferOf([world, alice, 1n]), call()),
    ],
    [
      'many postings',
      () =>
        ledger.postTransfer(
          request('acme'),
          transferOf([world, alice, 1n], [world, bob, 1n]),
          call(),
        ),
    ],
  ];

  it.each(forms)(
    'is waited for by a transfer of %s, whose time is taken afterwards',
    async (_, post) => {
      const { written, releasedAt } = await whileHeld(alice, post);
      const { recordedAt } = acceptedValue(written);
      expect(recordedAt.getTime()).toBeGreaterThanOrEqual(releasedAt.getTime());
    },
  );

  it('is waited for by each change of a hold, whose time is taken afterwards', async () => {
    const place = () => ledger.placeHold(request('acme'), holdOf(world, alice), call());
    const placed = await whileHeld(alice, place);
    const { hold } = acceptedValue(placed.written);
    expect(hold.placedAt.getTime()).toBeGreaterThanOrEqual(placed.releasedAt.getTime());

    const capture = () =>
      ledger.captureHold(request('acme'), hold.holdId, { amountMinor: 1n, final: false }, call());
    const captured = await whileHeld(world, capture);
    const { transferId } = acceptedValue(captured.written);
    const transfer = await ledger.readTransfer('acme', transferId ?? '', call());
    expect(transfer?.recordedAt.getTime()).toBeGreaterThanOrEqual(captured.releasedAt.getTime());

    const voided = await whileHeld(alice, () =>
      ledger.voidHold(request('acme'), hold.holdId, call()),
    );
    expect(acceptedValue(voided.written).hold.status).toBe('voided');
    const balance = await ledger.readBalance('acme', world, call());
    expect(balance?.recordedAt.getTime()).toBeGreaterThanOrEqual(voided.releasedAt.getTime());
  });

  it('is waited for by a batch and by a reversal, whose times are taken afterwards', async () => {
    const batch = await whileHeld(alice, () =>
      ledger.postBatch(
        request('acme'),
        { atomic: true, items: [{ type: 'transfer', command: transferOf([world, alice, 1n]) }] },
        call(),
      ),
    );
    const [posted] = acceptedValue(batch.written);
    if (posted?.type !== 'transfer') throw new Error('it was not posted');
    const { transfer } = posted;
    expect(transfer.recordedAt.getTime()).toBeGreaterThanOrEqual(batch.releasedAt.getTime());

    const plain = { reference: null, metadata: {}, effectiveAt: null };
    const reversal = await whileHeld(alice, () =>
      ledger.reverseTransfer(request('acme'), transfer.transferId, plain, call()),
    );
    const { recordedAt } = acceptedValue(reversal.written);
    expect(recordedAt.getTime()).toBeGreaterThanOrEqual(reversal.releasedAt.getTime());
  });

  it('is waited for by a change of status, whose time is taken afterwards', async () => {
    const { written, releasedAt } = await whileHeld(
      bob,
      (): Promise<Outcome<Account>> => ledger.changeAccount(request('acme'), bob, 'freeze', call()),
    );
    expect(acceptedValue(written).status).toBe('frozen');
    const { rows } = await admin.query<{ recorded_at: Date }>(
      'SELECT recorded_at FROM ledger.account WHERE account_id = $1',
      [bob],
    );
    expect(rows[0]?.recorded_at.getTime()).toBeGreaterThanOrEqual(releasedAt.getTime());
  });

  it('is another one for each tenant', async () => {
    const { rows } = await admin.query<{ same: boolean }>(
      `SELECT ledger.account_lock('acme', $1) = ledger.account_lock('other', $1) AS same`,
      [alice],
    );
    expect(rows[0]?.same).toBe(false);
  });

  it('keeps a writer that forgets it from writing a version twice', async () => {
    const { version } = acceptedValue(
      await ledger.postTransfer(request('acme'), transferOf([world, alice, 1n]), call()),
    ).balances[1] ?? { version: 0n };
    await expect(
      admin.query(
        `INSERT INTO ledger.entry (account_id, transfer_id, version, amount, balance_after,
           recorded_at, partition, kind, direction, tenant)
         VALUES ($1, uuidv7(), $2, 1, 1, now(), $3, 'p', 'c', 'acme')`,
        [alice, version.toString(), partitionOfId(alice)],
      ),
    ).rejects.toMatchObject({ code: '23505' });
  });
});
