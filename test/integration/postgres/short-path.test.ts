import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { acceptedValue, call, openAccount, request, transferOf } from '../../support/ledger.ts';

let database: TestDatabase;
let ledger: PostgresLedger;
let admin: pg.Client;
let world: string;
let alice: string;

beforeAll(async () => {
  database = await testDatabase(1);
  ledger = postgresLedger({ shards: database.api, namedStatements: true });
  admin = await database.admin(0);
  await ledger.createAsset('acme', { code: 'EUR', scale: 2 }, call());
  await ledger.createAsset('acme', { code: 'USD', scale: 2 }, call());
  [world, alice] = await Promise.all([openAccount(ledger, 'acme'), openAccount(ledger, 'acme')]);
  acceptedValue(await post(world, alice, 10n));
});
afterAll(async () => {
  await ledger.close();
  await admin.end();
  await database.drop();
});

const post = (debit: string, credit: string, amountMinor: bigint) =>
  ledger.postTransfer(request('acme'), transferOf([debit, credit, amountMinor]), call());

/** The whole row, as text, so that nothing that changes goes unseen. */
const rowOf = async (account: string): Promise<string> =>
  (
    await admin.query<{ row: string }>(
      'SELECT a::text AS row FROM ledger.account a WHERE a.account_id = $1',
      [account],
    )
  ).rows[0]?.row ?? '';

const recordedAt = async (account: string, at: string) =>
  admin.query('UPDATE ledger.account SET recorded_at = $2 WHERE account_id = $1', [account, at]);

const timesOf = async (transferId: string) =>
  (
    await admin.query<{ source: string; at: string }>(
      `SELECT 'transfer' AS source, recorded_at::text AS at FROM ledger.transfer WHERE transfer_id = $1
       UNION SELECT 'entry', recorded_at::text FROM ledger.entry WHERE transfer_id = $1
       UNION SELECT 'outbox', written_at::text FROM ledger.outbox WHERE aggregate_id = $1
       UNION SELECT 'account', a.recorded_at::text FROM ledger.account a JOIN ledger.entry e USING (account_id)
              WHERE e.transfer_id = $1`,
      [transferId],
    )
  ).rows;

describe('one posting, whose debit is written before the credited account is looked at', () => {
  const refusing: readonly (readonly [string, string, () => Promise<string>])[] = [
    ['has another asset', 'asset-mismatch', () => openAccount(ledger, 'acme', { asset: 'USD' })],
    ['is full', 'balance-limit-exceeded', () => openAccount(ledger, 'acme', { maxBalance: 4n })],
    [
      'is frozen',
      'account-frozen',
      async () => {
        const frozen = await openAccount(ledger, 'acme');
        acceptedValue(await ledger.changeAccount(request('acme'), frozen, 'freeze', call()));
        return frozen;
      },
    ],
    ['does not exist', 'account-not-found', async () => `${world.slice(0, -4)}dead`],
  ];

  it.each(refusing)(
    'leaves both accounts as they were where that one %s',
    async (_, code, open) => {
      const credit = await open();
      const before = [await rowOf(world), await rowOf(credit)];
      expect(await post(world, credit, 5n)).toMatchObject({ kind: 'refused', refusal: { code } });
      expect([await rowOf(world), await rowOf(credit)]).toEqual(before);
    },
  );

  it('leaves both accounts as they were when its key is repeated', async () => {
    const who = request('acme');
    const command = transferOf([world, alice, 3n]);
    const { transferId } = acceptedValue(await ledger.postTransfer(who, command, call()));
    const before = [await rowOf(world), await rowOf(alice)];
    expect(await ledger.postTransfer(who, command, call())).toMatchObject({
      kind: 'accepted',
      replayed: true,
      value: { transferId },
    });
    expect([await rowOf(world), await rowOf(alice)]).toEqual(before);
  });

  it.each([
    ['debited', () => world],
    ['credited', () => alice],
  ])('records one time for all, and none before that of the %s account', async (_, ahead) => {
    const future = '2999-01-01 00:00:00+00';
    await recordedAt(ahead(), future);
    try {
      const { transferId } = acceptedValue(await post(world, alice, 1n));
      expect(await timesOf(transferId)).toEqual(
        expect.arrayContaining(
          ['transfer', 'entry', 'outbox', 'account'].map((source) => ({ source, at: future })),
        ),
      );
      expect(await timesOf(transferId)).toHaveLength(4);
    } finally {
      await recordedAt(world, 'now');
      await recordedAt(alice, 'now');
    }
  });
});
