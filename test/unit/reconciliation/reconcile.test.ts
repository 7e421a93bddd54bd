import {
  dayFromText,
  dayText,
  type MatchingRules,
  reconcile,
  type StatedEntry,
  type StatementLine,
  startOf,
} from '@atlas/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const day = (text: string): number => {
  const found = dayFromText(text);
  if (found === undefined) throw new Error(`no day ${text}`);
  return found;
};

const line = (
  number: number,
  date: string,
  amountMinor: bigint,
  reference: string | null = null,
): StatementLine => ({ number, day: day(date), amountMinor, reference });

const entry = (
  version: bigint,
  time: string,
  amountMinor: bigint,
  reference: string | null = null,
): StatedEntry => ({
  version,
  transferId: `transfer-${version}`,
  amountMinor,
  effectiveAt: new Date(time),
  reference,
});

const october = { from: day('2026-10-01'), to: day('2026-10-31') };
const rules = (more: Partial<MatchingRules> = {}): MatchingRules => ({
  dateWindowDays: 3,
  reference: 'preferred',
  ...more,
});

/** Each item as `number-version`, with a blank for the side that it lacks. */
const found = (
  lines: readonly StatementLine[],
  entries: readonly StatedEntry[],
  by: MatchingRules = rules(),
): string[] =>
  reconcile(lines, entries, october, by).map(
    (item) => `${item.outcome} ${item.line?.number ?? ''}-${item.entry?.version ?? ''}`,
  );

describe('reconciling', () => {
  it('matches the same signed amount, and never the opposite one', () => {
    const lines = [line(1, '2026-10-05', 100n), line(2, '2026-10-05', -100n)];
    const entries = [
      entry(2n, '2026-10-05T10:00:00Z', -100n),
      entry(3n, '2026-10-05T11:00:00Z', 101n),
    ];
    expect(found(lines, entries)).toEqual(['missing 1-', 'matched 2-2', 'extra -3']);
  });

  it('counts days of UTC, and the window in both directions with its ends', () => {
    const lines = [line(1, '2026-10-10', 7n)];
    const at = (time: string) => found(lines, [entry(2n, time, 7n)])[0];
    expect(at('2026-10-07T00:00:00Z')).toBe('matched 1-2');
    expect(at('2026-10-13T23:59:59.999Z')).toBe('matched 1-2');
    expect(at('2026-10-06T23:59:59.999Z')).toBe('missing 1-');
    expect(at('2026-10-14T00:00:00Z')).toBe('missing 1-');
  });

  it('prefers the same reference to a nearer date, whatever its case and blanks', () => {
    const lines = [line(1, '2026-10-10', 7n, 'RF18 5390 0754')];
    const entries = [
      entry(2n, '2026-10-10T12:00:00Z', 7n),
      entry(3n, '2026-10-12T12:00:00Z', 7n, 'rf1853900754'),
    ];
    expect(found(lines, entries)).toEqual(['matched 1-3', 'extra -2']);
    const ignored = rules({ reference: 'ignored' });
    expect(found(lines, entries, ignored)).toEqual(['matched 1-2', 'extra -3']);
  });

  it('matches nothing without the same reference where that is required', () => {
    const lines = [
      line(1, '2026-10-10', 7n, 'A'),
      line(2, '2026-10-10', 7n, ' '),
      line(3, '2026-10-10', 7n),
    ];
    const entries = [
      entry(2n, '2026-10-10T01:00:00Z', 7n, 'a'),
      entry(3n, '2026-10-10T02:00:00Z', 7n, ''),
      entry(4n, '2026-10-10T03:00:00Z', 7n),
    ];
    const required = rules({ reference: 'required' });
    expect(found(lines, entries, required)).toEqual([
      'matched 1-2',
      'missing 2-',
      'missing 3-',
      'extra -3',
      'extra -4',
    ]);
    expect(found(lines, entries)).toEqual(['matched 1-2', 'matched 2-3', 'matched 3-4']);
  });

  it('matches an entry outside of the period, and never calls it extra', () => {
    const lines = [line(1, '2026-10-01', 7n)];
    const before = entry(2n, '2026-09-29T12:00:00Z', 7n);
    const after = entry(3n, '2026-11-01T00:00:00Z', 9n);
    const last = entry(4n, '2026-10-31T23:59:59.999Z', 9n);
    expect(found(lines, [before, after, last])).toEqual(['matched 1-2', 'extra -4']);
    expect(found([], [before, after, last])).toEqual(['extra -4']);
  });

  it('does not take last month’s entry for this month’s line', () => {
    const lines = [line(1, '2026-10-02', -990n)];
    const entries = [
      entry(2n, '2026-09-30T12:00:00Z', -990n),
      entry(3n, '2026-10-02T12:00:00Z', -990n),
    ];
    expect(found(lines, entries)).toEqual(['matched 1-3']);
  });

  it('tells every line once, every entry at most once, and the same whatever order they come in', () => {
    const amounts = fc.constantFrom(5n, 7n, -7n);
    const references = fc.constantFrom('A', 'a ', 'B', null);
    const days = fc.integer({ min: october.from - 4, max: october.to + 4 });
    const property = fc.property(
      fc.array(fc.tuple(days, amounts, references), { maxLength: 12 }),
      fc.array(fc.tuple(days, amounts, references), { maxLength: 12 }),
      fc.constantFrom('required' as const, 'preferred' as const, 'ignored' as const),
      fc.nat({ max: 5 }),
      (someLines, someEntries, reference, dateWindowDays) => {
        const lines = someLines.map(([when, amount, text], i) =>
          line(i + 1, dayText(when), amount, text),
        );
        const entries = someEntries.map(([when, amount, text], i) =>
          entry(BigInt(i + 2), startOf(when).toISOString(), amount, text),
        );
        const by = { reference, dateWindowDays };
        const items = reconcile(lines, entries, october, by);
        expect(items.flatMap((item) => item.line ?? [])).toEqual(lines);
        const seen = items.flatMap((item) => item.entry ?? []);
        expect(new Set(seen).size).toBe(seen.length);
        for (const item of items) {
          if (item.outcome !== 'matched') continue;
          expect(item.line.amountMinor).toBe(item.entry.amountMinor);
          expect(
            Math.abs(item.line.day - item.entry.effectiveAt.getTime() / 86_400_000),
          ).toBeLessThan(dateWindowDays + 1);
        }
        const unseen = entries.filter((one) => !seen.includes(one));
        const isWithin = ({ effectiveAt }: StatedEntry) =>
          effectiveAt >= startOf(october.from) && effectiveAt < startOf(october.to + 1);
        expect(unseen.filter(isWithin)).toEqual([]);
        expect(reconcile(lines, entries.toReversed(), october, by)).toEqual(items);
      },
    );
    fc.assert(property, { numRuns: 1_000 });
  });
});
