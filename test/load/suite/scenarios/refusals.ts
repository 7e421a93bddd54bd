import { durations, percentileMs, record } from '../../statistics.ts';
import { judged } from '../../threshold.ts';
import type { RunResult } from '../recorder.ts';
import type { Scenario } from '../scenario.ts';
import type { SubjectWishes } from '../world.ts';

const mix = { 'post-transfer': 100 };
/** More than a critical operation of five seconds is waited for. */
const oldMs = 30_000;

interface Refusal {
  readonly name: string;
  readonly status: '429' | '503';
  readonly ageMs: number;
  readonly environment: NonNullable<SubjectWishes['environment']>;
}

const kinds: readonly Refusal[] = [
  { name: 'by age', status: '503', ageMs: oldMs, environment: {} },
  {
    name: 'by quota',
    status: '429',
    ageMs: 0,
    environment: { ATLAS_QUOTA_PER_SECOND: '1', ATLAS_QUOTA_BURST: '1' },
  },
];

/** Not all of them have to be: a quota lets some through. */
const shareOf = ({ statuses, counts }: RunResult, status: string): number =>
  (statuses[status] ?? 0) / (counts.served + counts.shed + counts.failed);

export const refusals: Scenario = {
  name: 'refusals',
  claim: 'To refuse a request takes a function less than a millisecond.',
  run: async ({ world, pace, seed }) => {
    const measured: { readonly name: string; readonly p50Ms: number; readonly p99Ms: number }[] =
      [];
    for (const { name, status, ageMs, environment } of kinds) {
      const subject = await world.start({ environments: { 'post-transfer': 1 }, environment });
      const { front, generator } = subject;
      const ask = (durationMs: number) =>
        generator.run({ seed, mix, load: { kind: 'closed', clients: 1, durationMs } });
      try {
        await front.pretendAge(ageMs);
        await ask(pace.refusalsMs);
        await front.durationsMs();
        const run = await ask(pace.refusalsMs);
        if (shareOf(run, status) < 0.9) {
          throw new Error(`not refused ${name}: ${JSON.stringify(run.statuses)}`);
        }
        const taken = durations();
        for (const ms of await front.durationsMs()) record(taken, ms);
        measured.push({ name, p50Ms: percentileMs(taken, 50), p99Ms: percentileMs(taken, 99) });
      } finally {
        await subject.close();
      }
    }
    return {
      thresholds: measured.map(({ name, p99Ms }) =>
        judged({
          name: `p99 of the time in the function, refused ${name}`,
          value: p99Ms,
          direction: 'at most',
          limit: 1,
          unit: ' ms',
        }),
      ),
      figures: measured.map(({ name, p50Ms }) => ({
        name: `p50 of the time in the function, refused ${name}`,
        value: p50Ms,
        unit: ' ms' as const,
      })),
      runs: {},
    };
  },
};
