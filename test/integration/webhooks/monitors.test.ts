import { deepStrictEqual } from 'node:assert';
import {
  type Entry,
  evaluateMonitor,
  type MonitorCondition,
  type MonitorState,
} from '@atlas/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptedValue, call, request } from '../../support/ledger.ts';
import { startWebhookWorld, type WebhookWorld } from '../../support/webhook-world.ts';
import { withMutant } from '../../support/with-mutant.ts';

let world: WebhookWorld;

beforeAll(async () => {
  world = await startWebhookWorld();
  await world.endpoint('http://127.0.0.1:9/');
});
afterAll(() => world.close());

/** What happens to an account: it moves, something is held on it, it is frozen and unfrozen. */
type Step = bigint | { readonly hold: bigint } | 'freeze';

const amount = fc.bigInt({ min: -6n, max: 6n }).filter((n) => n !== 0n);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: amount },
  fc.record({ hold: fc.bigInt({ min: 1n, max: 4n }) }),
  fc.constant('freeze' as const),
);
const condition: fc.Arbitrary<MonitorCondition> = fc.record({
  measure: fc.constantFrom('balance' as const, 'available' as const),
  operator: fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const),
  amountMinor: fc.bigInt({ min: -5n, max: 5n }),
});
const history = fc.record({
  before: fc.array(step, { maxLength: 3 }),
  conditions: fc.array(condition, { minLength: 1, maxLength: 3 }),
  steps: fc.array(step, { minLength: 1, maxLength: 8 }),
  /** Which versions are told of, in which order: with gaps, twice, backwards. */
  news: fc.array(fc.nat({ max: 12 }), { maxLength: 12 }),
});

const apply = async (accountId: string, partner: string, one: Step): Promise<void> => {
  const { ledger, tenant } = world;
  if (one === 'freeze') {
    await ledger.changeAccount(request(tenant), accountId, 'freeze', call());
    await ledger.changeAccount(request(tenant), accountId, 'unfreeze', call());
  } else if (typeof one === 'bigint') {
    await world.move(accountId, one);
  } else {
    const sides = { debitAccountId: accountId, creditAccountId: partner, amountMinor: one.hold };
    const hold = { ...sides, expiresAt: null, reference: null, metadata: {} };
    acceptedValue(await ledger.placeHold(request(tenant), hold, call()));
  }
};

const entriesOf = async (accountId: string): Promise<readonly Entry[]> => {
  const page = { limit: 200, after: null };
  return (await world.ledger.listEntries(world.tenant, accountId, {}, page, call()))?.items ?? [];
};

/** The reference: every entry of the account, once, in order. */
const expectedOf = (wanted: MonitorCondition, from: MonitorState, entries: readonly Entry[]) => {
  const triggers: string[] = [];
  let state = from;
  for (const entry of entries) {
    const next = evaluateMonitor(wanted, state, {
      version: entry.version,
      balanceMinor: entry.balanceAfterMinor,
      availableMinor: entry.balanceAfterMinor - entry.pendingDebitsAfterMinor,
    });
    state = next.state;
    if (next.triggered) triggers.push(entry.version.toString());
  }
  return { triggers, isMet: state.isMet };
};

const storedMonitors = async (accountId: string) => {
  const page = { limit: 200, after: null };
  const found = await world.webhooks.listMonitors(world.tenant, accountId, page, call());
  return found?.items ?? [];
};

/** What was queued of an account, by version; ids of one millisecond are in no order. */
const queuedEvents = async (accountId: string) => {
  const deliveries = await world.deliveries({ accountId });
  const events = deliveries.map(({ event }) => event as { data: Record<string, string> });
  return events.toSorted((a, b) => Number(a.data.version) - Number(b.data.version));
};

/** By monitor. */
const queuedOf = async (accountId: string) => {
  const events = await queuedEvents(accountId);
  return Map.groupBy(
    events.map(({ data }) => data),
    ({ monitorId }) => monitorId ?? '',
  );
};

const property = () =>
  fc.asyncProperty(history, async ({ before, conditions, steps, news }) => {
    const accountId = await world.account();
    const partner = await world.account();
    for (const one of before) await apply(accountId, partner, one);
    for (const wanted of conditions) await world.monitor(accountId, wanted);
    const monitors = await storedMonitors(accountId);
    for (const one of steps) await apply(accountId, partner, one);
    const entries = await entriesOf(accountId);
    const last = entries.at(-1)?.version ?? 1n;
    for (const place of news) {
      await world.tell(accountId, entries[place % entries.length]?.version ?? last);
    }
    await world.tell(accountId, last);
    // Everything again: an event log that is read from its beginning.
    for (const { version } of entries) await world.tell(accountId, version);

    const [queued, after] = [await queuedOf(accountId), await storedMonitors(accountId)];
    for (const [i, monitor] of monitors.entries()) {
      const { triggers, isMet } = expectedOf(monitor, monitor, entries);
      const found = queued.get(monitor.monitorId)?.map(({ version }) => version ?? '') ?? [];
      deepStrictEqual({ triggers: found, isMet: after[i]?.isMet }, { triggers, isMet });
    }
  });

describe('monitors', () => {
  it('trigger where the reference says, whatever is told twice, late or never', async () => {
    const found = await fc.check(property(), { numRuns: 40 });
    expect([found.errorInstance, found.counterexample]).toEqual([null, null]);
  }, 120_000);

  it.each([
    [
      'the version it has come to',
      [
        ['e.version > m.version AND', ''],
        ['AND m.version < up_to', ''],
      ],
    ],
    ['what it was before', [['WHERE s.met AND NOT s.met_before', 'WHERE s.met']]],
    [
      'what was pending',
      [['e.balance_after - coalesce(e.pending_debits_after, 0)', 'e.balance_after']],
    ],
    [
      'entries in between',
      [['e.version > m.version AND', 'e.version = up_to AND e.version > m.version AND']],
    ],
  ] as const)(
    'do not where one forgets %s',
    async (_what, changes) => {
      const found = await withMutant(world.admins, 'evaluate_monitors', changes, () =>
        fc.check(property(), { numRuns: 100, endOnFailure: true }),
      );
      expect(String(found.errorInstance)).toContain('AssertionError');
    },
    120_000,
  );

  it('trigger once each crossing, and say what it was about', async () => {
    const accountId = await world.account();
    const monitorId = await world.monitor(accountId, { operator: '<', amountMinor: 0n });
    for (const moved of [-5n, -1n, 7n, -3n]) await world.move(accountId, moved);

    expect(await world.tell(accountId)).toBe(2);
    expect(await world.tell(accountId)).toBeUndefined();

    const events = await queuedEvents(accountId);
    expect(events).toMatchObject([
      { type: 'account.monitor.triggered', data: { version: '2', balance: '-5' } },
      { type: 'account.monitor.triggered', data: { version: '5', balance: '-2' } },
    ]);
    const [, , , last] = await entriesOf(accountId);
    expect(events[1]).toEqual({
      type: 'account.monitor.triggered',
      timestamp: last?.recordedAt.toISOString(),
      data: {
        ...{ monitorId, accountId, asset: 'EUR', measure: 'balance', operator: '<', amount: '0' },
        ...{ version: '5', balance: '-2', available: '-2' },
        ...{ transferId: last?.transferId, holdId: null },
      },
    });
    expect(await storedMonitors(accountId)).toMatchObject([
      { isMet: true, version: 5n, triggeredAt: last?.recordedAt },
    ]);
  });

  it('that are met when they are made wait until they are not', async () => {
    const accountId = await world.account();
    await world.move(accountId, 10n);
    await world.monitor(accountId);
    await world.move(accountId, 1n);
    expect(await world.tell(accountId)).toBe(0);
    await world.move(accountId, -5n);
    await world.move(accountId, 4n);
    expect(await world.tell(accountId)).toBe(1);
  });

  it('trigger once though two consumers are told at once', async () => {
    const accountId = await world.account();
    await world.monitor(accountId);
    await world.move(accountId, 10n);
    const answers = await Promise.all(Array.from({ length: 8 }, () => world.tell(accountId)));
    expect(answers.filter((queued) => queued !== undefined)).toEqual([1]);
    expect(await world.deliveries({ accountId })).toHaveLength(1);
  });

  it('pass over an offset whose effects are stored, and store it with its effects', async () => {
    const accountId = await world.account();
    await world.monitor(accountId);
    await world.move(accountId, 10n);
    const news = (offset: bigint, version: bigint) =>
      world.evaluation.evaluate(
        {
          ...{ tenant: world.tenant, accountId, version, offset },
          ...{ group: 'offsets', topic: 'test', partition: 3, incarnation: 'one' },
        },
        call(),
      );
    expect(await news(7n, 2n)).toBe(1);
    await world.move(accountId, 1n);
    expect(await news(7n, 3n)).toBeUndefined();
    expect(await news(9n, 3n)).toBe(0);
    const stored = await Promise.all(
      world.admins.map((admin) =>
        admin.query(
          `SELECT next_offset::text FROM ledger.consumer_checkpoint WHERE consumer = 'offsets'`,
        ),
      ),
    );
    expect(stored.flatMap(({ rows }) => rows)).toEqual([{ next_offset: '10' }]);
  });

  it('on another shard than their endpoints queue on their account’s', async () => {
    const far = await world.account('far-1');
    const [near] = [await world.account()];
    const shardOf = (id: string) => Number.parseInt(id.slice(15, 17), 16) >> 7;
    let away = far;
    for (let i = 2; shardOf(away) === shardOf(near ?? '') && i < 40; i += 1) {
      away = await world.account(`far-${i}`);
    }
    await world.monitor(away);
    await world.trigger(away, 2);
    const queued = await world.deliveries({ accountId: away });
    expect(queued).toHaveLength(2);
    for (const { deliveryId, endpointId } of queued) {
      expect(shardOf(deliveryId)).toBe(shardOf(away));
      expect(shardOf(deliveryId)).not.toBe(shardOf(endpointId));
    }
  });
});
