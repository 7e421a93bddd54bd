import { describe, expect, it } from 'vitest';
import { type BenchResults, thresholdsOf } from '../../load/bench-results.ts';
import { markdownReport, withReport } from '../../load/markdown-report.ts';

const side = {
  perSecond: 2_000,
  p50Ms: 1,
  p99Ms: 2,
  postgresCpuMs: 0.3,
  functionCpuMs: 0.2,
  generatorCpuMs: 0.1,
};

const results = (busyBefore: number, ratio: number): BenchResults => ({
  measuredAt: '2026-01-02T03:04:05.000Z',
  quick: false,
  machine: { cores: 2, processor: 'p', node: '24', postgres: '18', busyBefore },
  sql: [
    {
      shape: 'spread',
      perSecond: { full: 6_000, lean: 9_000, fullBatch: 18_000, leanBatch: 24_000 },
      postgresCpuMs: { full: 0.2, lean: 0.1, fullBatch: 0.04, leanBatch: 0.03 },
      ratio,
      batchRatio: 0.75,
      batchOverSingle: 3,
    },
  ],
  histories: [
    {
      question: 'asOf',
      short: { entries: 1_000, medianMs: 0.2 },
      long: { entries: 1_000_000, medianMs: 0.5 },
      ratio: 2.5,
    },
  ],
  storage: {
    transfers: 10,
    tables: [{ table: 'entry', rowBytes: 400, indexBytes: 201 }],
    totalBytes: 601,
  },
  intake: {
    accepted: 1_000,
    perSecond: { single: 6_000, accepted: 7_000, drained: 11_000, both: 4_000 },
    postgresCpuMs: { single: 0.2, accepted: 0.1, drained: 0.1, both: 0.2 },
    drainedOverSingle: 1.9,
  },
  handler: [
    { environments: 16, handler: side, bare: side, ratio: 0.7, postgresCpuRatio: 1, outsideMs: 9 },
    { environments: 1, handler: side, bare: side, ratio: 0.7, postgresCpuRatio: 2, outsideMs: 0.2 },
  ],
  imports: [],
  tracers: [{ tracer: 'opentelemetry', importMs: 74, bytes: 1_703_961 }],
});

describe('the report', () => {
  it('judges what was measured, at the number of environments that is demanded', () => {
    const judged = thresholdsOf(results(0, 0.67)).map(({ name, value, met }) => [name, value, met]);

    expect(judged).toEqual([
      ['all features over the yardstick, spread', 0.67, true],
      ['batch of 100 over single transfers, all features', 3, true],
      ['batch of 100 over the yardstick’s', 0.75, true],
      ['asynchronous intake, drained, over single transfers', 1.9, false],
      ['balance as of a time, long history over short', 2.5, false],
      ['storage of a transfer of one posting', 601, false],
      ['handler over bare driver, 16 environments', 0.7, true],
      ['Postgres CPU per transfer, handler over bare driver, 16 environments', 1, true],
      ['warm request outside Postgres', 0.2, true],
    ]);
    expect(thresholdsOf(results(0, 0.669))[0]?.met).toBe(false);
  });

  it('says when others were at work', () => {
    expect(markdownReport(results(0.5, 0.6))).toContain('Others were at work');
    expect(markdownReport(results(0.05, 0.6))).not.toContain('Others were at work');
  });

  it('replaces its section of the page and nothing else', () => {
    const page = 'before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n';

    const once = withReport(page, 'new');

    expect(once).toBe('before\n<!-- bench: begin -->\n\nnew\n<!-- bench: end -->\nafter\n');
    expect(withReport(once, 'new')).toBe(once);
    expect(() => withReport('no markers', 'new')).toThrow('markers');
  });
});
