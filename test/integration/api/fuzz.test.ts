import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FuzzTarget, startFuzzTarget } from '../../fuzz-api/fuzz-target.ts';
import { runSchemathesis } from '../../fuzz-api/run-schemathesis.ts';

let target: FuzzTarget;

beforeAll(async () => {
  target = await startFuzzTarget();
});
afterAll(() => target.close());

describe('the API, sent what is made from its own description', () => {
  it('answers every request as it is described, and none with a defect', async () => {
    const report = await runSchemathesis(target, { cases: 1_500, seed: 23, onOutput: () => {} });
    expect(target.seen?.faults.slice(0, 3)).toEqual([]);
    expect(report.clean ? '' : report.output).toBe('');
    expect(report.cases).toBeGreaterThanOrEqual(1_500);
    const statuses = target.seen?.statuses ?? new Map<number, number>();
    expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([]);
    // Not only refusals: things are made, read and changed.
    expect(statuses.get(200)).toBeGreaterThan(100);
    expect(statuses.get(201)).toBeGreaterThan(20);
  }, 300_000);
});
