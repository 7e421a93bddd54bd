import {
  maxAttempts,
  maxRetryAfterMs,
  resultOfAttempt,
  retryAfterMsOf,
  retryDelaysMs,
} from '@atlas/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const answered = (status: number, retryAfterMs: number | null = null) =>
  ({ kind: 'answered', status, retryAfterMs }) as const;
const broken = { kind: 'failed', error: 'connection' } as const;
/** What Math.random answers with. */
const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('what becomes of an attempt', () => {
  it('is delivery with any 2xx, whatever the attempt', () => {
    for (const status of [200, 201, 202, 204, 299]) {
      expect(resultOfAttempt(answered(status), maxAttempts - 1, 0)).toEqual({
        kind: 'delivered',
        status,
      });
    }
  });

  it.each([199, 301, 302, 307, 400, 401, 404, 429, 500, 503])(
    'is another one after %i',
    (status) => {
      expect(resultOfAttempt(answered(status), 0, 0.5)).toEqual({
        kind: 'retry',
        status,
        error: null,
        delayMs: 5_000,
      });
    },
  );

  it('follows the schedule, a fifth earlier or later, and ends', () => {
    fc.assert(
      fc.property(fc.nat({ max: maxAttempts - 2 }), share, (before, random) => {
        const result = resultOfAttempt(broken, before, random);
        const delayMs = result.kind === 'retry' ? result.delayMs : Number.NaN;
        const scheduledMs = retryDelaysMs[before] ?? Number.NaN;
        expect(Math.abs(delayMs - scheduledMs)).toBeLessThanOrEqual(scheduledMs * 0.2 + 1);
      }),
    );
    const last = resultOfAttempt(broken, maxAttempts - 1, 0.5);
    expect(last).toEqual({ kind: 'dead', status: null, error: 'connection', delayMs: 0 });
    expect(retryDelaysMs.toSorted((a, b) => a - b)).toEqual(retryDelaysMs);
  });

  it('waits for as long as it is asked to, within reason, and never less than planned', () => {
    const delayOf = (askedMs: number) => {
      const result = resultOfAttempt(answered(503, askedMs), 0, 0.5);
      return result.kind === 'retry' ? result.delayMs : undefined;
    };
    expect(delayOf(60_000)).toBe(60_000);
    expect(delayOf(1_000)).toBe(5_000);
    expect(delayOf(maxRetryAfterMs * 100)).toBe(maxRetryAfterMs);
  });

  it('is the end after 410', () => {
    expect(resultOfAttempt(answered(410), 0, 0)).toMatchObject({ kind: 'dead', status: 410 });
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 10, 28, 12);

  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Sat, 28 Nov 2026 12:00:30 GMT', 30_000],
    ['Sat, 28 Nov 2026 11:00:00 GMT', 0],
    ['soon', null],
    ['', null],
    ['99999999999999999999', null],
    [undefined, null],
  ])('%s is %s', (header, expected) => {
    expect(retryAfterMsOf(header, now)).toBe(expected);
  });
});
