import { describe, expect, it } from 'vitest';
import { objectivesOf } from '../../../lib/slo/objectives.ts';
import { readSlo } from '../../../lib/slo/slo-file.ts';
import type { Source } from '../../../localstack/dashboard/source.ts';
import type { Checks } from '../../../localstack/dashboard/summarise.ts';
import { watchSource } from '../../../localstack/dashboard/watch-source.ts';
import { type FakeFigures, fakeFigures } from '../../support/dashboard/fake-figures.ts';

const slo = readSlo();
const objectives = objectivesOf(slo);
const everyMs = 5_000;

interface World {
  readonly figures: FakeFigures;
  readonly watch: ReturnType<typeof watchSource>;
  readonly checks: Map<string, { status: 'pass' | 'fail'; latencyMs: number }>;
  isDown: boolean;
  /** Five seconds pass, and the source is asked. */
  readonly pass: (times?: number) => Promise<void>;
}

const world = (): World => {
  const figures = fakeFigures();
  const checks = new Map<string, { status: 'pass' | 'fail'; latencyMs: number }>();
  const down = async <T>(answer: T): Promise<T> => {
    if (made.isDown) throw new Error('connect ECONNREFUSED');
    return answer;
  };
  const source: Source = {
    url: 'http://127.0.0.1:1',
    metrics: async () => down(figures.text()),
    checks: async () => down(new Map(checks) as Checks),
  };
  let atMs = 1_764_000_000_000;
  const watch = watchSource(source, { slo, objectives, everyMs });
  const made: World = {
    figures,
    watch,
    checks,
    isDown: false,
    async pass(times = 1) {
      for (let i = 0; i < times; i += 1) {
        await watch.ask(atMs);
        atMs += everyMs;
      }
    },
  };
  return made;
};

const functionIn = ({ watch }: World, name: string) => {
  const all = watch.state().tiers.flatMap(({ functions }) => functions);
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};

describe('the state of the dashboard', () => {
  it('knows nothing before the first answer, and says so', () => {
    const state = world().watch.state();
    expect(state.source.status).toBe('unasked');
    const functions = state.tiers.flatMap((tier) => tier.functions);
    expect(functions).toHaveLength(objectives.length);
    expect(new Set(functions.map(({ verdict }) => verdict))).toEqual(new Set(['unknown']));
    expect(state.tiers.map(({ keptPercent }) => keptPercent)).toEqual([null, null, null]);
    expect(state.panels).toEqual([]);
  });

  it('says that there is no traffic when the source answers and names none', async () => {
    const here = world();
    await here.pass(3);
    expect(functionIn(here, 'post-transfer')).toMatchObject({
      verdict: 'no traffic',
      requestsPerSecond: 0,
      failuresPerSecond: 0,
      budgetLeftPercent: null,
      latencyMs: { p50: null, p95: null, p99: null },
    });
  });

  it('has rate, errors and durations of a function, and what is left of its budget', async () => {
    const here = world();
    await here.pass();
    for (let i = 0; i < 2_000; i += 1) here.figures.request('list-transfers', 20, i === 0);
    for (let i = 0; i < 10; i += 1) here.figures.refuse('list-transfers', 'forbidden');
    await here.pass();
    const found = functionIn(here, 'list-transfers');
    expect(found).toMatchObject({
      requestsPerSecond: 400,
      failuresPerSecond: 0.2,
      refusalsPerSecond: 2,
      requests: 2_000,
      failures: 1,
      verdict: 'kept',
    });
    // 99.9 % of 2,000 leave two failures.
    expect(found.budgetLeftPercent).toBeCloseTo(50);
    expect(found.latencyMs.p50).toBeGreaterThan(10);
    expect(found.latencyMs.p99).toBeLessThanOrEqual(25);
    const tier = here.watch.state().tiers.find((one) => one.tier === 'default');
    expect(tier?.keptPercent).toBeCloseTo(99.95);
  });

  it('tells an overspent budget, and a percentile over its objective', async () => {
    const here = world();
    await here.pass();
    for (let i = 0; i < 100; i += 1) {
      here.figures.request('post-transfer', 20, i === 0);
      here.figures.request('read-account', 1_400);
    }
    await here.pass();
    expect(functionIn(here, 'post-transfer').verdict).toBe('overspent');
    expect(functionIn(here, 'read-account').verdict).toBe('slow');
  });

  it('does not look at a percentile of fewer answers than slo.yaml wants', async () => {
    const here = world();
    await here.pass();
    for (let i = 0; i < slo.latency.leastSamples.p50 - 1; i += 1) {
      here.figures.request('read-account', 1_400);
    }
    await here.pass();
    expect(functionIn(here, 'read-account').verdict).toBe('kept');
  });

  it('does not count what was before it looked, and counts on over a restart', async () => {
    const here = world();
    for (let i = 0; i < 50; i += 1) here.figures.request('post-transfer', 5);
    await here.pass();
    expect(functionIn(here, 'post-transfer').requests).toBe(0);
    for (let i = 0; i < 5; i += 1) here.figures.request('post-transfer', 5);
    await here.pass();
    here.figures.forgetCounters();
    for (let i = 0; i < 3; i += 1) here.figures.request('post-transfer', 5);
    await here.pass();
    expect(functionIn(here, 'post-transfer').requests).toBe(8);
  });

  it('is silent when there is no answer: what is now is unknown, what was is kept', async () => {
    const here = world();
    here.figures.set('atlas_breaker_open', { dependency: 'kafka' }, 0);
    here.checks.set('kafka', { status: 'pass', latencyMs: 3 });
    await here.pass();
    here.figures.request('post-transfer', 5);
    await here.pass();
    const before = here.watch.state();
    expect(before.dependencies).toMatchObject([
      { name: 'kafka', breaker: 'closed', check: { status: 'pass' } },
    ]);
    here.isDown = true;
    await here.pass(13);
    const { source, dependencies } = here.watch.state();
    expect(source).toMatchObject({
      status: 'silent',
      answeredAtMs: before.source.answeredAtMs,
      trouble: 'connect ECONNREFUSED',
    });
    expect(dependencies).toMatchObject([
      { breaker: 'unknown', callsPerSecond: null, check: { status: 'unknown' } },
    ]);
    expect(functionIn(here, 'post-transfer')).toMatchObject({
      requestsPerSecond: null,
      requests: 1,
    });
    here.isDown = false;
    await here.pass();
    expect(here.watch.state()).toMatchObject({ source: { status: 'answering', trouble: null } });
  });

  it('takes half an answer for none', async () => {
    const here = world();
    await here.pass();
    here.figures.set('atlas_requests_total{function="broken', {}, 1);
    await here.pass();
    const { source } = here.watch.state();
    expect(source.status).toBe('silent');
    expect(source.trouble).toMatch(/^line \d+ of the metrics: /);
  });

  it('shows shards, outboxes and consumers', async () => {
    const here = world();
    here.checks.set('postgres-0', { status: 'pass', latencyMs: 1 });
    here.checks.set('postgres-1', { status: 'fail', latencyMs: 1_500 });
    for (const shard of ['0', '1']) {
      here.figures.set('atlas_outbox_waiting', { shard }, 7);
      here.figures.set('atlas_outbox_oldest_age_milliseconds', { shard }, 1_200);
      here.figures.set('atlas_outbox_parked', { shard }, Number(shard));
    }
    const consumer = { group: 'project-balances', topic: 'ledger.account.v1' };
    here.figures.set('atlas_consumer_lag_records', consumer, 42);
    await here.pass();
    const { shards, consumers, dependencies } = here.watch.state();
    expect(shards).toMatchObject([
      { shard: '0', check: { status: 'pass' }, waiting: 7, oldestAgeMs: 1_200, parked: 0 },
      { shard: '1', check: { status: 'fail' }, waiting: 7, parked: 1 },
    ]);
    expect(consumers).toEqual([{ ...consumer, lagRecords: 42 }]);
    expect(dependencies.map(({ name }) => name)).toEqual(['postgres-0', 'postgres-1']);
  });
});

describe('panels', () => {
  it('show a metric that nobody told them of', async () => {
    const here = world();
    here.figures.set('atlas_moons_visible', { planet: 'jupiter' }, 4);
    await here.pass();
    expect(here.watch.state().panels).toContainEqual({
      id: 'atlas_moons_visible',
      section: 'Everything else',
      title: 'Moons visible',
      unit: '',
      series: [{ label: 'jupiter', values: [4] }],
      hidden: 0,
    });
  });

  it('show what is told of functions by tier, counters by the second, the busiest first', async () => {
    const here = world();
    await here.pass();
    for (let i = 0; i < 10; i += 1) here.figures.request('post-transfer', 5);
    for (let i = 0; i < 20; i += 1) here.figures.request('post-hold', 50);
    here.figures.request('read-openapi', 5);
    await here.pass();
    const { panels, times } = here.watch.state();
    const found = panels.find(({ id }) => id === 'atlas_requests_total-critical');
    expect(times).toHaveLength(2);
    expect(found).toMatchObject({
      section: 'Tier critical',
      title: 'Requests',
      unit: 'a second',
      series: [
        { label: 'post-hold', values: [null, 4] },
        { label: 'post-transfer', values: [null, 2] },
      ],
    });
    const durations = panels.find(({ id }) => id === 'atlas_duration_milliseconds-critical');
    const p95 = durations?.series.find(({ label }) => label === 'post-hold')?.values.at(-1);
    expect(p95).toBeGreaterThan(25);
    expect(p95).toBeLessThanOrEqual(50);
  });

  it('draw eight lines at most and say how many more there are', async () => {
    const here = world();
    for (let i = 0; i < 11; i += 1) {
      here.figures.set('atlas_outbox_waiting', { shard: String(i) }, i);
    }
    await here.pass();
    const [panel] = here.watch.state().panels;
    expect(panel?.series.map(({ label }) => label)).toEqual([
      '10',
      '9',
      '8',
      '7',
      '6',
      '5',
      '4',
      '3',
    ]);
    expect(panel?.hidden).toBe(3);
  });
});
