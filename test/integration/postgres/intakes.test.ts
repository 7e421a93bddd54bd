import { randomUUID } from 'node:crypto';
import { type IntakeReference, type PostTransfer, partitionOfId } from '@atlas/domain';
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
import { postgresProxy } from '../../support/postgres-proxy.ts';

const tenants = ['acme', 'globex'] as const;
let database: TestDatabase;
let ledger: PostgresLedger;
let intakes: PostgresIntakes;

beforeAll(async () => {
  database = await testDatabase();
  ledger = postgresLedger({ shards: database.api, namedStatements: true });
  intakes = postgresIntakes({ shards: database.api, namedStatements: true });
  for (const tenant of tenants) {
    await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
  }
});
afterAll(async () => {
  await Promise.all([ledger.close(), intakes.close()]);
  await database.drop();
});

const accept = async (tenant: string, command: PostTransfer): Promise<IntakeReference> => {
  const outcome = await intakes.accept(request(tenant), command, call());
  return { tenant, intakeId: acceptedValue(outcome).intakeId };
};

const read = async ({ tenant, intakeId }: IntakeReference) => {
  const intake = await intakes.read(tenant, intakeId, call());
  if (intake === undefined) throw new Error('the intake is gone');
  return intake;
};

const balanceOf = async (tenant: string, accountId: string): Promise<bigint | undefined> =>
  (await ledger.readBalance(tenant, accountId, call()))?.balanceMinor;

const outcomesOf = async (some: readonly IntakeReference[], through = intakes) =>
  (await through.post(some, call())).map(({ outcome }) => outcome);

/** On the shard where it lives, as the superuser. */
const onShardOf = async (id: string, sql: string, values: unknown[] = []) => {
  const admin = await database.admin(shardOf(id));
  try {
    return (await admin.query(sql, values)).rows;
  } finally {
    await admin.end();
  }
};

const shardOf = (id: string): number => partitionOfId(id) >> 7;

let opened = 0;
/** Accounts of acme by one partition key after the other, until one is where it should be. */
const openWhere = async (fits: (accountId: string) => boolean): Promise<string> => {
  for (;;) {
    opened += 1;
    const id = await openAccount(ledger, 'acme', { partitionKey: `key ${opened}` });
    if (fits(id)) return id;
  }
};

/** In another partition of the same shard. */
const openBeside = (accountId: string): Promise<string> =>
  openWhere(
    (id) => shardOf(id) === shardOf(accountId) && partitionOfId(id) !== partitionOfId(accountId),
  );

const setOwner = (accountId: string, state: string) =>
  onShardOf(accountId, 'UPDATE ledger.partition_owner SET state = $1 WHERE partition = $2', [
    state,
    partitionOfId(accountId),
  ]);

const pair = async (tenant: string) => ({
  world: await openAccount(ledger, tenant),
  alice: await openAccount(ledger, tenant, { minBalance: 0n }),
});

describe('an intake', () => {
  it('waits where its first debited account lives, and its id says where', async () => {
    const { world, alice } = await pair('acme');
    const far = await openWhere((id) => shardOf(id) !== shardOf(world));
    const beside = await openWhere((id) => shardOf(id) === shardOf(far) && id !== far);
    for (const [debit, credit] of [
      [world, alice],
      [far, beside],
    ] as const) {
      const one = await accept('acme', transferOf([debit, credit, 5n]));
      expect(partitionOfId(one.intakeId)).toBe(partitionOfId(debit));
      const rows = await onShardOf(
        one.intakeId,
        'SELECT partition, ledger.partition_of_id(intake_id) AS told FROM ledger.intake WHERE intake_id = $1',
        [one.intakeId],
      );
      expect(rows).toEqual([{ partition: partitionOfId(debit), told: partitionOfId(debit) }]);
      expect(await outcomesOf([one])).toEqual(['posted']);
      expect(await balanceOf('acme', credit)).toBe(5n);
    }
  });

  it('is the same under the same key, and refused under a key that was used otherwise', async () => {
    const { world, alice } = await pair('acme');
    const who = request('acme', randomUUID(), 'body');
    const command = transferOf([world, alice, 1n]);
    const first = await intakes.accept(who, command, call());
    const one = { tenant: 'acme', intakeId: acceptedValue(first).intakeId };
    expect(await outcomesOf([one])).toEqual(['posted']);

    expect(await intakes.accept(who, command, call())).toEqual({ ...first, replayed: true });
    const reused = { ...who, requestHash: request('acme', '', 'other').requestHash };
    for (const again of [
      await intakes.accept(reused, command, call()),
      await ledger.postTransfer(reused, command, call()),
    ]) {
      expect(again).toMatchObject({ refusal: { code: 'idempotency-key-reused' } });
    }
    expect(await balanceOf('acme', alice)).toBe(1n);
  });

  it('is not accepted over a stale route, and then leaves no key', async () => {
    const { world, alice } = await pair('acme');
    const who = request('acme');
    const command = transferOf([world, alice, 1n]);
    await setOwner(world, 'fenced');
    await expect(intakes.accept(who, command, call())).rejects.toMatchObject({
      code: 'stale-route',
    });
    await setOwner(world, 'owned');
    expect(await intakes.accept(who, command, call())).toMatchObject({
      kind: 'accepted',
      replayed: false,
    });
  });

  it('is refused at once for what needs no account, and that is kept', async () => {
    const { world } = await pair('acme');
    const who = request('acme');
    const command = transferOf([world, world, 1n]);
    const refusal = { kind: 'refused', refusal: { code: 'same-account', accountId: world } };
    expect(await intakes.accept(who, command, call())).toMatchObject(refusal);
    expect(await intakes.accept(who, command, call())).toMatchObject({
      ...refusal,
      replayed: true,
    });
  });

  it('tells what it was posted as, and the transfer is what was asked for', async () => {
    const { world, alice } = await pair('acme');
    const command: PostTransfer = {
      ...transferOf([world, alice, 7n], [alice, world, 2n]),
      reference: 'salary "of" May',
      metadata: { channel: 'batch' },
      effectiveAt: new Date('2020-05-31T22:00:00.000Z'),
    };
    const one = await accept('acme', command);
    expect(await read(one)).toMatchObject({ status: 'accepted', transferId: null });

    expect(await outcomesOf([one])).toEqual(['posted']);

    const { transferId, settledAt, ...intake } = await read(one);
    expect(intake).toMatchObject({ status: 'posted', refusal: null, failedAttempts: 0 });
    const transfer = await ledger.readTransfer('acme', transferId ?? '', call());
    expect(transfer).toMatchObject({
      ...command,
      postings: command.postings.map((posting) => ({ ...posting, asset: 'EUR' })),
    });
    expect(settledAt).toEqual(transfer?.recordedAt);
  });

  it('is refused alone, for good, and says why', async () => {
    const { world, alice } = await pair('acme');
    const [poor, rich] = [
      await accept('acme', transferOf([alice, world, 5n])),
      await accept('acme', transferOf([world, alice, 3n])),
    ];
    const outcomes = new Map(
      (await intakes.post([poor], call()))
        .concat(await intakes.post([rich], call()))
        .map(({ intakeId, outcome }) => [intakeId, outcome]),
    );
    expect(outcomes).toEqual(
      new Map([
        [poor.intakeId, 'refused'],
        [rich.intakeId, 'posted'],
      ]),
    );
    acceptedValue(
      await ledger.postTransfer(request('acme'), transferOf([world, alice, 9n]), call()),
    );
    expect(await outcomesOf([poor, rich])).toEqual(['settled', 'settled']);
    expect(await read(poor)).toMatchObject({
      status: 'refused',
      transferId: null,
      refusal: {
        code: 'insufficient-funds',
        accountId: alice,
        availableMinor: 0n,
        minBalanceMinor: 0n,
      },
    });
    expect(await balanceOf('acme', alice)).toBe(12n);
  });

  it('is refused when an account has moved to another shard meanwhile, and no other is', async () => {
    const { world, alice } = await pair('acme');
    const moved = await openBeside(world);
    const staying = (amount: bigint) => accept('acme', transferOf([world, alice, amount]));
    const before = [await staying(1n), await staying(2n)];
    const goes = await accept('acme', transferOf([world, alice, 64n], [world, moved, 64n]));
    const some = [...before, goes, await staying(4n), await staying(8n)];
    await setOwner(moved, 'foreign');
    const results = await intakes.post(some, call());
    await setOwner(moved, 'owned');
    expect(new Map(results.map(({ intakeId, outcome }) => [intakeId, outcome]))).toEqual(
      new Map(some.map((one) => [one.intakeId, one === goes ? 'refused' : 'posted'])),
    );
    expect((await read(goes)).refusal).toEqual({
      code: 'cross-shard-transfer',
      accountIds: [world, moved],
    });
    const amounts: unknown[] = [];
    for (const one of some.filter((each) => each !== goes)) {
      const { transferId } = await read(one);
      const transfer = await ledger.readTransfer('acme', transferId ?? '', call());
      amounts.push(transfer?.postings.map(({ amountMinor }) => amountMinor));
    }
    expect(amounts).toEqual([[1n], [2n], [4n], [8n]]);
    expect(await balanceOf('acme', alice)).toBe(15n);
  });
});

describe('the poster', () => {
  it('posts as many as fit into a transaction, and then the others', async () => {
    const { world, alice } = await pair('acme');
    const hundred = Array.from({ length: 100 }, () => [world, alice, 1n] as const);
    const some = await Promise.all(
      Array.from({ length: 25 }, () => accept('acme', transferOf(...hundred))),
    );
    expect(new Set(await outcomesOf(some))).toEqual(new Set(['posted']));
    expect(await balanceOf('acme', alice)).toBe(2_500n);
    const settled = await Promise.all(some.map(read));
    expect(new Set(settled.map(({ settledAt }) => settledAt?.getTime())).size).toBe(3);
  });

  it.each([
    ['an amount that is none', 'amounts[1] = -1', 'ledger.amount'],
    ['no amount', 'amounts[1] = NULL', 'null value'],
    ['more accounts than amounts', 'debits[2] = debits[1]', 'fit together'],
    ['more amounts than accounts', 'amounts[2] = 1', 'fit together'],
    ['an account that is none', 'credits[1] = NULL', 'fit together'],
  ])('posts everything beside one with %s, and counts its attempts', async (_what, change, why) => {
    const { world, alice } = await pair('acme');
    const other = await pair('globex');
    const some = [
      ...(await Promise.all(
        Array.from({ length: 40 }, () => accept('acme', transferOf([world, alice, 1n]))),
      )),
      await accept('globex', transferOf([other.world, other.alice, 1n])),
    ];
    const poison = some[17];
    if (poison === undefined) throw new Error('there is no poison');
    const { intakeId } = poison;
    const alter = (set: string) =>
      onShardOf(intakeId, `UPDATE ledger.intake SET ${set} WHERE intake_id = $1`, [intakeId]);
    await alter(change);

    const failed = (await intakes.post(some, call())).filter(({ outcome }) => outcome !== 'posted');

    expect(failed).toMatchObject([{ ...poison, outcome: 'failed' }]);
    expect(String(failed[0]?.error)).toContain(why);
    expect(await balanceOf('acme', alice)).toBe(39n);
    expect(await balanceOf('globex', other.alice)).toBe(1n);
    expect(await outcomesOf([poison])).toEqual(['failed']);
    expect(await read(poison)).toMatchObject({ status: 'accepted', failedAttempts: 2 });
    await alter(`debits = '{${world}}', credits = '{${alice}}', amounts = '{1}'`);
    expect(await outcomesOf([poison])).toEqual(['posted']);
    expect(await balanceOf('acme', alice)).toBe(40n);
  });

  it('leaves what is about a partition that moves for later, and posts the rest', async () => {
    const { world, alice } = await pair('acme');
    const target = await openBeside(world);
    const some = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        accept('acme', transferOf([world, i === 3 ? target : alice, 1n])),
      ),
    );
    await setOwner(target, 'fenced');
    const failed = (await intakes.post(some, call())).filter(({ outcome }) => outcome !== 'posted');
    expect(failed).toMatchObject([{ ...some[3], error: { code: 'stale-route' } }]);
    await setOwner(target, 'owned');
    const [late] = failed;
    if (late === undefined) throw new Error('nothing failed');
    expect(await read(late)).toMatchObject({ status: 'accepted', failedAttempts: 0 });
    expect(await outcomesOf(some)).toContain('posted');
    expect(await balanceOf('acme', target)).toBe(1n);
  });

  it('knows nothing of an id that nobody has, or another tenant has', async () => {
    const { world, alice } = await pair('acme');
    const one = await accept('acme', transferOf([world, alice, 1n]));
    const strangers = { ...one, tenant: 'globex' };
    const nobodys = { ...one, intakeId: `${one.intakeId.slice(0, -12)}000000000000` };
    expect(await outcomesOf([strangers, nobodys])).toEqual(['failed', 'failed']);
    expect(await intakes.read('globex', one.intakeId, call())).toBeUndefined();
    expect(await balanceOf('acme', alice)).toBe(0n);
  });

  it('posts and settles, or does neither', async () => {
    const { world, alice } = await pair('acme');
    const one = await accept('acme', transferOf([world, alice, 1n]));
    const trigger = `CREATE FUNCTION refuse_to_settle() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN RAISE 'planted'; END $$;
      CREATE TRIGGER planted BEFORE UPDATE OF status ON ledger.intake
      FOR EACH ROW EXECUTE FUNCTION refuse_to_settle()`;
    await onShardOf(one.intakeId, trigger);
    expect(await outcomesOf([one])).toEqual(['failed']);
    await onShardOf(one.intakeId, 'DROP TRIGGER planted ON ledger.intake');
    expect(await balanceOf('acme', alice)).toBe(0n);
    expect(await read(one)).toMatchObject({ status: 'accepted', failedAttempts: 1 });
    expect(await outcomesOf([one])).toEqual(['posted']);
  });

  it('keeps nothing of an attempt while the database is away, and posts once where an answer is lost', async () => {
    const { world, alice } = await pair('acme');
    const one = await accept('acme', transferOf([world, alice, 1n]));
    const target = database.api[shardOf(one.intakeId)];
    if (target === undefined) throw new Error('there is no shard');
    const proxy = await postgresProxy(target);
    const through = postgresIntakes({
      shards: database.api.map((shard) =>
        shard === target ? { ...shard, host: '127.0.0.1', port: proxy.port } : shard,
      ),
      namedStatements: false,
      maxConnectionsPerShard: 1,
    });
    await through.read(one.tenant, one.intakeId, call());
    proxy.loseNextAnswer('refuse');
    expect(await through.post([one], call())).toMatchObject([
      { outcome: 'failed', error: { code: expect.stringMatching(/unknown|unavailable/) } },
    ]);
    expect(await through.post([one], call())).toMatchObject([
      { outcome: 'failed', error: { code: 'dependency-unavailable' } },
    ]);
    await through.close();
    await proxy.close();

    expect(await outcomesOf([one])).toEqual(['settled']);
    expect(await read(one)).toMatchObject({ status: 'posted', failedAttempts: 0 });
    expect(await balanceOf('acme', alice)).toBe(1n);
  });
});

describe('the role of the jobs', () => {
  it('sees what waits, of any tenant, and may change nothing of it', async () => {
    const { world, alice } = await pair('acme');
    const [done, waiting] = [
      await accept('acme', transferOf([world, alice, 1n])),
      await accept('acme', transferOf([world, alice, 1n])),
    ];
    await intakes.post([done], call());
    const connection = database.jobs[shardOf(world)];
    const client = new pg.Client({
      ...connection,
      password: String(connection?.password),
      ssl: false,
    });
    await client.connect();
    const { rows } = await client.query('SELECT intake_id FROM ledger.intake');
    const seen = rows.map(({ intake_id: id }) => id);
    expect(seen).toContain(waiting.intakeId);
    expect(seen).not.toContain(done.intakeId);
    const changed = await client.query('UPDATE ledger.intake SET attempts = 7');
    expect(changed.rowCount).toBe(0);
    await client.end();
  });
});
