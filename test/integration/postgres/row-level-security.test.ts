import type { NewReconciliation } from '@atlas/domain';
import {
  type PostgresIntakes,
  type PostgresLedger,
  postgresIntakes,
  postgresLedger,
} from '@atlas/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { acceptedValue, call, openAccount, request, transferOf } from '../../support/ledger.ts';
import { disableIsolation, removeTenantPredicates } from '../../support/tenant-isolation.ts';

let database: TestDatabase;
let ledger: PostgresLedger;
let intakes: PostgresIntakes;
let admin: pg.Client;
let victim: string;
let victims: string;
let own: string;
let world: string;
let held: string;
let compared: string;
const page = { limit: 200, after: null };

beforeAll(async () => {
  database = await testDatabase(1);
  ledger = postgresLedger({ shards: database.api, namedStatements: false });
  intakes = postgresIntakes({ shards: database.api, namedStatements: false });
  admin = await database.admin(0);
  for (const tenant of ['acme', 'mallory']) {
    await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
  }
  world = await openAccount(ledger, 'acme');
  victim = await openAccount(ledger, 'acme');
  own = await openAccount(ledger, 'mallory');
  const moved = await ledger.postTransfer(
    request('acme'),
    transferOf([world, victim, 100n]),
    call(),
  );
  victims = acceptedValue(moved).transferId;
  held = acceptedValue(await ledger.placeHold(request('acme'), holdOf(victim, world), call())).hold
    .holdId;
  const result = await ledger.reconciliations.record(
    request('acme'),
    victim,
    reconciliation,
    call(),
  );
  compared = acceptedValue(result).reconciliationId;
});
afterAll(async () => {
  await Promise.all([ledger.close(), intakes.close()]);
  await admin.end();
  await database.drop();
});

const reconciliation: NewReconciliation = {
  uploadId: 'statement',
  format: 'csv',
  rules: { dateWindowDays: 3, reference: 'preferred' },
  inverted: false,
  period: { from: 20_000, to: 20_030 },
  accountVersion: 2n,
  items: [
    {
      outcome: 'missing',
      line: { number: 1, day: 20_001, amountMinor: 7n, reference: null },
      entry: null,
    },
  ],
};

const holdOf = (debitAccountId: string, creditAccountId: string) => ({
  debitAccountId,
  creditAccountId,
  amountMinor: 1n,
  expiresAt: null,
  reference: null,
  metadata: {},
});

/** Everything that mallory gets to see, or to do, of what is acme's. */
const leaks = async (): Promise<string[]> => {
  const found: string[] = [];
  const note = (what: string, leaked: boolean) => {
    if (leaked) found.push(what);
  };
  const acmes = request('acme');
  acceptedValue(await ledger.postTransfer(acmes, transferOf([world, victim, 1n]), call()));
  const asMallory = <T>(ask: Promise<T>): Promise<T | undefined> => ask.catch(() => undefined);
  note('account', (await ledger.readAccount('mallory', victim, call())) !== undefined);
  note('balance', (await ledger.readBalance('mallory', victim, call())) !== undefined);
  note('transfer', (await ledger.readTransfer('mallory', victims, call())) !== undefined);
  const entries = await ledger.listEntries('mallory', victim, {}, page, call());
  note('entries', entries !== undefined);
  const accounts = await ledger.listAccounts('mallory', {}, page, call());
  note(
    'accounts',
    accounts.items.some(({ accountId }) => accountId !== own),
  );
  const transfers = await ledger.listTransfers('mallory', {}, page, call());
  note('transfers', transfers.items.length > 0);
  note('hold', (await ledger.readHold('mallory', held, call())) !== undefined);
  const holds = await ledger.listHolds('mallory', {}, page, call());
  note('holds', holds.items.length > 0);
  const reserved = await asMallory(
    ledger.placeHold(request('mallory'), holdOf(victim, own), call()),
  );
  note('reservation', reserved?.kind === 'accepted');
  const capture = { amountMinor: null, final: true };
  const captured = await asMallory(ledger.captureHold(request('mallory'), held, capture, call()));
  note('capture', captured?.kind === 'accepted');
  const voided = await asMallory(ledger.voidHold(request('mallory'), held, call()));
  note('void', voided?.kind === 'accepted');
  const plain = { reference: null, metadata: {}, effectiveAt: null };
  const reversed = await asMallory(
    ledger.reverseTransfer(request('mallory'), victims, plain, call()),
  );
  note('reversal', reversed?.kind === 'accepted');
  const batch = {
    atomic: false,
    items: [
      { type: 'transfer', command: transferOf([victim, own, 1n]) },
      { type: 'void', hold: { holdId: held } },
      { type: 'reversal', transferId: victims, command: plain },
    ],
  } as const;
  const done = await asMallory(ledger.postBatch(request('mallory'), batch, call()));
  const results = done?.kind === 'accepted' ? done.value : [];
  note(
    'batch',
    results.some(({ type }) => type !== 'refused'),
  );
  const past = await asMallory(ledger.readBalanceAsOf('mallory', victim, new Date(), call()));
  note('past balance', past?.kind === 'accepted');
  const effective = await ledger.readEffectiveBalance('mallory', victim, new Date(), call());
  note('effective balance', effective !== undefined);
  const { reconciliations } = ledger;
  const begun = await reconciliations.begin(request('mallory'), victim, call());
  note('account to reconcile', begun.kind === 'answered' || begun.asset !== undefined);
  const days = { from: 0, to: 40_000 };
  const stated = await reconciliations.entriesWithin('mallory', victim, days, call());
  note('entries to reconcile', stated?.entries.length !== 0);
  const recorded = await asMallory(
    reconciliations.record(request('mallory'), victim, reconciliation, call()),
  );
  note('new reconciliation', recorded?.kind === 'accepted');
  const read = await reconciliations.read('mallory', compared, call());
  note('reconciliation', read !== undefined);
  const listed = await reconciliations.list('mallory', {}, page, call());
  note('reconciliations', listed.items.length > 0);
  const items = await reconciliations.listItems('mallory', compared, undefined, page, call());
  note('reconciliation items', items !== undefined);
  const { totals } = await ledger.trialBalance('mallory', page, call());
  note(
    'trial balance',
    totals.some(({ debitsMinor }) => debitsMinor !== 0n),
  );
  const stolen = await asMallory(
    ledger.postTransfer(request('mallory'), transferOf([victim, own, 1n]), call()),
  );
  note('theft', stolen?.kind === 'accepted');
  const kept = await intakes.accept(request('acme'), transferOf([world, own, 1n]), call());
  const { intakeId } = acceptedValue(kept);
  note('intake', (await intakes.read('mallory', intakeId, call())) !== undefined);
  const [told] = await intakes.post([{ tenant: 'mallory', intakeId }], call());
  note('intake settled', told?.outcome !== 'failed');
  const wanted = await intakes.accept(request('mallory'), transferOf([victim, own, 1n]), call());
  const theft = { tenant: 'mallory', intakeId: acceptedValue(wanted).intakeId };
  note('theft by intake', (await intakes.post([theft], call()))[0]?.outcome === 'posted');
  const frozen = await asMallory(
    ledger.changeAccount(request('mallory'), victim, 'freeze', call()),
  );
  note('freeze', frozen?.kind === 'accepted');
  const replayed = await asMallory(
    ledger.postTransfer({ ...acmes, tenant: 'mallory' }, transferOf([own, victim, 1n]), call()),
  );
  note('key', replayed?.kind === 'accepted' && replayed.replayed);
  return found;
};

describe('row level security', () => {
  it('is forced on every table, and nobody who signs in owns any or may bypass it', async () => {
    const { rows: tables } = await admin.query(
      `SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, r.rolname, r.rolsuper, r.rolbypassrls
         FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
        WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind = 'r'`,
    );
    expect(tables.length).toBeGreaterThan(8);
    for (const table of tables) {
      expect(table).toMatchObject({
        relrowsecurity: true,
        relforcerowsecurity: true,
        rolname: 'atlas_owner',
        rolsuper: false,
        rolbypassrls: false,
      });
    }
    const { rows: definers } = await admin.query(
      `SELECT proname FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace AND prosecdef`,
    );
    expect(definers).toEqual([]);
  });

  it('lets the API’s role read and write nothing without a tenant, or as another', async () => {
    const [connection] = database.api;
    if (connection === undefined) throw new Error('there is no shard');
    const client = new pg.Client({
      ...connection,
      password: String(connection.password),
      ssl: false,
    });
    await client.connect();
    const count = async () =>
      Number((await client.query('SELECT count(*) AS n FROM ledger.account')).rows[0].n);
    expect(await count()).toBe(0);
    await client.query(`SET atlas.tenant = 'mallory'`);
    expect(await count()).toBe(1);
    const { rowCount } = await client.query('UPDATE ledger.account SET version = version + 1');
    expect(rowCount).toBe(1);
    await expect(
      client.query(`INSERT INTO ledger.asset (tenant, code, scale) VALUES ('acme', 'X', 0)`),
    ).rejects.toThrow('row-level security');
    await expect(client.query('DELETE FROM ledger.account')).rejects.toThrow('permission denied');
    await client.end();
  });

  it('keeps tenants apart even when every tenant predicate is removed from the SQL', async () => {
    expect(await leaks()).toEqual([]);
    expect(await removeTenantPredicates(admin)).toBeGreaterThan(20);
    expect(await leaks()).toEqual([]);
    // Acme still sees what is its own, and nobody moved it.
    expect(await ledger.readBalance('acme', victim, call())).toMatchObject({
      balanceMinor: 102n,
      availableMinor: 101n,
    });
  });

  it('is what keeps them apart: without it the same SQL tells everything', async () => {
    await disableIsolation(admin);
    expect(await leaks()).toEqual(
      expect.arrayContaining([
        'account',
        'entries',
        'past balance',
        'effective balance',
        'hold',
        'capture',
        'reversal',
        'batch',
        'theft',
        'intake',
        'intake settled',
        'theft by intake',
        'freeze',
        'key',
        'account to reconcile',
        'entries to reconcile',
        'new reconciliation',
        'reconciliation',
        'reconciliations',
        'reconciliation items',
      ]),
    );
  });
});
