import { randomBytes, randomUUID } from 'node:crypto';
import { type AccountStatus, type BalanceChange, type BalanceView, makeId } from '@atlas/domain';
import { dynamoBalanceView } from '@atlas/dynamodb';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiClient } from '../../support/api-client.ts';
import { feedConsumer } from '../../support/feed-consumer.ts';
import { call } from '../../support/ledger.ts';
import { plainGuard } from '../../support/plain-guard.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';

let test: TestApi;
let view: BalanceView;

beforeAll(async () => {
  test = await startTestApi();
  view = dynamoBalanceView({
    table: test.environment.ATLAS_BALANCES_TABLE ?? '',
    region: 'us-east-1',
    endpoint: test.environment.AWS_ENDPOINT_URL,
    guard: plainGuard,
  });
});
afterAll(() => test.close());

interface Folded {
  readonly version: bigint;
  readonly balanceMinor: bigint;
  readonly status: AccountStatus;
}

const statuses = {
  AccountOpened: 'open',
  AccountEntered: undefined,
  AccountMetadataChanged: undefined,
  AccountFrozen: 'frozen',
  AccountUnfrozen: 'open',
  AccountClosed: 'closed',
} as const;

/** What a change makes of the state before it; the mutant applies it whatever the version. */
const fold = (state: Folded, { type, event }: BalanceChange): Folded => ({
  version: BigInt(event.version),
  balanceMinor: type === 'AccountEntered' ? BigInt(event.balanceAfter) : state.balanceMinor,
  status: statuses[type] ?? state.status,
});
const nothing: Folded = { version: 0n, balanceMinor: 0n, status: 'open' };

/** An account's history from its opening: entries (signed amounts), freezes and unfreezes. */
const historyOf = (steps: readonly (number | 'freeze' | 'label')[]): BalanceChange[] => {
  const of = {
    accountId: makeId(Date.now(), 7, randomBytes(9)),
    tenant: 'acme',
    recordedAt: new Date().toISOString(),
  };
  const opening = { asset: 'EUR', name: null, minBalance: null, maxBalance: null, metadata: {} };
  const changes: BalanceChange[] = [
    { type: 'AccountOpened', event: { ...of, ...opening, version: '1' } },
  ];
  let balance = 0;
  let frozen = false;
  for (const step of steps) {
    const version = String(changes.length + 1);
    if (step === 'freeze') {
      frozen = !frozen;
      const type = frozen ? 'AccountFrozen' : 'AccountUnfrozen';
      changes.push({ type, event: { ...of, version } });
      continue;
    }
    if (step === 'label') {
      changes.push({ type: 'AccountMetadataChanged', event: { ...of, version } });
      continue;
    }
    balance += step;
    const entry = {
      ...of,
      version,
      transferId: randomUUID(),
      holdId: null,
      asset: 'EUR',
      kind: 'posted',
      direction: step < 0 ? 'debit' : 'credit',
      amount: String(Math.abs(step)),
      balanceAfter: String(balance),
      pendingDebitsAfter: '0',
      pendingCreditsAfter: '0',
      effectiveAt: of.recordedAt,
    } as const;
    changes.push({ type: 'AccountEntered', event: entry });
  }
  return changes;
};

const amount = fc.integer({ min: -1_000, max: 1_000 }).filter((n) => n !== 0);

const viewedAfter = async (changes: readonly BalanceChange[]): Promise<Folded | undefined> => {
  for (const change of changes) await view.apply(change, call());
  const viewed = await view.read('acme', changes[0]?.event.accountId ?? '', call());
  if (viewed === undefined) return undefined;
  const { version, balanceMinor, status } = viewed;
  return { version, balanceMinor, status };
};

describe('the view of balances', () => {
  it('equals the fold of the log, whatever is delivered again, and whenever', async () => {
    let mutantDeviated = 0;
    const step = fc.oneof(
      { weight: 4, arbitrary: amount },
      fc.constantFrom('freeze' as const, 'label' as const),
    );
    const steps = fc.array(step, { minLength: 1, maxLength: 8 });
    const again = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(steps, again, async (given, repeats) => {
        const history = historyOf(given);
        const log = [...history];
        // A record that comes again comes after its first occurrence.
        for (const [which, where] of repeats) {
          const change = history[which % history.length] as BalanceChange;
          const first = log.indexOf(change) + 1;
          log.splice(first + (where % (log.length - first + 1)), 0, change);
        }
        const expected = history.reduce(fold, nothing);
        expect(await viewedAfter(log)).toEqual(expected);
        const unguarded = log.reduce(fold, nothing);
        if (unguarded.version !== expected.version) mutantDeviated += 1;
      }),
      { numRuns: 60 },
    );
    expect(mutantDeviated).toBeGreaterThan(0);
  });

  it('ends with the greatest version when entries come shuffled', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .array(amount, { minLength: 2, maxLength: 8 })
          .map((amounts) => historyOf(amounts).slice(1))
          .chain((entries) =>
            fc.tuple(
              fc.constant(entries),
              fc.shuffledSubarray([...entries, ...entries], { minLength: entries.length * 2 }),
            ),
          ),
        async ([entries, shuffled]) => {
          expect(await viewedAfter(shuffled)).toEqual(entries.reduce(fold, nothing));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('follows the ledger through outbox, Kafka, event source and function, duplicates and all', async () => {
    const tenant = `view-${randomUUID().slice(0, 8)}`;
    const client = apiClient(test.api, await test.issuer.token({ tenant }));
    await client.asset('EUR');
    const [world, alice] = [await client.account(), await client.account()];
    for (let i = 1; i <= 20; i += 1) await client.transfer(world, alice, String(i));
    const { handler } = await import('../../../functions/consumers/project-balances.ts');
    // Two openings, and two entries a transfer.
    const records = 2 + 40;
    const feeding = { tenant, consumer: 'project-balances', handler, batchSize: 7, records };
    await feedConsumer(test, feeding);

    const path = (id: string) => `/v1/accounts/${id}/balance?consistency=eventual`;
    const viewed = await client.get(path(alice));
    expect(viewed.body).toMatchObject({ version: '21', balance: '210', available: '210' });
    expect((await client.get(path(world))).body).toMatchObject({ balance: '-210' });
  });
});
