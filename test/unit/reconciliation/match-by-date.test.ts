import { matchByDate } from '@atlas/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

interface Line {
  readonly day: number;
}
interface Entry extends Line {
  readonly isPreferred: boolean;
}
type Pairs = readonly (readonly [Line, Entry])[];
type Matcher = (lines: readonly Line[], entries: readonly Entry[], windowDays: number) => Pairs;

const apart = (line: Line, entry: Entry): number => Math.abs(line.day - entry.day);

/** As many pairs as there can be, by augmenting paths: knows nothing of order. */
const mostPairs = (lines: readonly Line[], entries: readonly Entry[], windowDays: number) => {
  const lineOf = new Map<Entry, Line>();
  const finds = (line: Line, tried: Set<Entry>): boolean =>
    entries.some((entry) => {
      if (tried.has(entry) || apart(line, entry) > windowDays) return false;
      tried.add(entry);
      const before = lineOf.get(entry);
      if (before !== undefined && !finds(before, tried)) return false;
      lineOf.set(entry, line);
      return true;
    });
  return lines.filter((line) => finds(line, new Set())).length;
};

/** How many pairs, how many of them preferred, and how many days less than none: compared in turn. */
type Worth = readonly [number, number, number];
const worthOf = (pairs: Pairs): Worth => [
  pairs.length,
  pairs.filter(([, { isPreferred }]) => isPreferred).length,
  pairs.reduce((days, [line, entry]) => days - apart(line, entry), 0),
];
const better = (a: Worth, b: Worth): Worth => {
  const i = a.findIndex((part, place) => part !== b[place]);
  return (a[i] ?? 0) < (b[i] ?? 0) ? b : a;
};

/** The worth of the best of all choices, each of which is tried. */
const bestWorth = (
  [line, ...rest]: readonly Line[],
  entries: readonly Entry[],
  windowDays: number,
): Worth => {
  if (line === undefined) return [0, 0, 0];
  let best = bestWorth(rest, entries, windowDays);
  for (const entry of entries.filter((one) => apart(line, one) <= windowDays)) {
    const others = entries.filter((one) => one !== entry);
    const [pairs, preferred, days] = bestWorth(rest, others, windowDays);
    best = better(best, [
      pairs + 1,
      preferred + Number(entry.isPreferred),
      days - apart(line, entry),
    ]);
  }
  return best;
};

const byDay = <T extends Line>(some: readonly T[]): T[] => some.toSorted((a, b) => a.day - b.day);
const linesUpTo = (maxLength: number, max: number) =>
  fc.array(fc.record({ day: fc.nat({ max }) }), { maxLength }).map(byDay);
const entriesUpTo = (maxLength: number, max: number) =>
  fc
    .array(fc.record({ day: fc.nat({ max }), isPreferred: fc.boolean() }), { maxLength })
    .map(byDay);
const window = fc.nat({ max: 5 });

const failureOf = <T>(property: fc.IProperty<T>, numRuns: number): string | null => {
  const details = fc.check(property, { numRuns });
  return details.failed ? String(details.errorInstance) : null;
};

/** Each line and each entry once, near enough, and no pair less than there could be. */
const isMaximum = (matcher: Matcher): string | null =>
  failureOf(
    fc.property(linesUpTo(12, 20), entriesUpTo(12, 20), window, (lines, entries, days) => {
      const pairs = matcher(lines, entries, days);
      expect(pairs.filter(([line, entry]) => apart(line, entry) > days)).toEqual([]);
      expect(new Set(pairs.map(([line]) => line)).size).toBe(pairs.length);
      expect(new Set(pairs.map(([, entry]) => entry)).size).toBe(pairs.length);
      expect(pairs.length).toBe(mostPairs(lines, entries, days));
    }),
    3_000,
  );

/** Of the choices with the most pairs, the one that leaves the fewest preferred, and then lies nearest. */
const isBest = (matcher: Matcher): string | null =>
  failureOf(
    fc.property(linesUpTo(4, 8), entriesUpTo(5, 8), window, (lines, entries, days) => {
      expect(worthOf(matcher(lines, entries, days))).toEqual(bestWorth(lines, entries, days));
    }),
    3_000,
  );

/** The first line takes the first entry that is near enough and free. */
const firstFound: Matcher = (lines, entries, days) => {
  const free = new Set(entries);
  return lines.flatMap((line) => {
    const entry = [...free].findLast((one) => apart(line, one) <= days);
    if (entry === undefined) return [];
    free.delete(entry);
    return [[line, entry] as const];
  });
};

/** Of all pairs that are left, always the nearest. */
const nearestFirst: Matcher = (lines, entries, days) => {
  const all = lines.flatMap((line) => entries.map((entry) => [line, entry] as const));
  const pairs: (readonly [Line, Entry])[] = [];
  for (const [line, entry] of all.toSorted((a, b) => apart(...a) - apart(...b))) {
    const isFree = pairs.every(([one, other]) => one !== line && other !== entry);
    if (isFree && apart(line, entry) <= days) pairs.push([line, entry]);
  }
  return pairs;
};

/** Both in the order of their days, the earliest with the earliest: as many pairs, but not the nearest. */
const earliestFirst: Matcher = (lines, entries, days) => {
  const pairs: (readonly [Line, Entry])[] = [];
  for (let [i, j] = [0, 0]; i < lines.length && j < entries.length; ) {
    const [line, entry] = [lines[i] as Line, entries[j] as Entry];
    if (apart(line, entry) <= days) pairs.push([line, entry]);
    const isPair = apart(line, entry) <= days;
    if (isPair || line.day < entry.day) i += 1;
    if (isPair || line.day > entry.day) j += 1;
  }
  return pairs;
};

describe('matching by date', () => {
  it('leaves nothing that could be matched', () => {
    expect(isMaximum(matchByDate)).toBeNull();
  });

  it('leaves no entry of the period for one outside of it, and then takes the nearest', () => {
    expect(isBest(matchByDate)).toBeNull();
  });

  it.each([
    ['the last that is near enough', firstFound],
    ['the nearest first', nearestFirst],
  ])('would be found out if it took %s', (_, mutant) => {
    expect(isMaximum(mutant)).toContain('AssertionError');
  });

  it('would be found out if it took the earliest first, which leaves nothing either', () => {
    expect(isMaximum(earliestFirst)).toBeNull();
    expect(isBest(earliestFirst)).toContain('AssertionError');
  });

  it('pairs what is alike every day with its own day, and finds the one day that lacks it', () => {
    const days = Array.from({ length: 40 }, (_, day) => ({
      day,
      isPreferred: day > 2 && day < 34,
    }));
    const lines = days.slice(3, 34);
    const isOwn = ([line, entry]: readonly [Line, Entry]) => line.day === entry.day;
    const whole = matchByDate(lines, days, 3);
    expect([whole.length, whole.every(isOwn)]).toEqual([31, true]);
    const lacking = lines.filter(({ day }) => day !== 20);
    const pairs = matchByDate(lines, lacking, 3);
    expect([pairs.length, pairs.every(isOwn)]).toEqual([30, true]);
    // The earliest first tells the last day instead, and takes what is of the month before.
    const walked = earliestFirst(lines, lacking, 3).map(([line]) => line.day);
    expect(lines.filter(({ day }) => !walked.includes(day)).map(({ day }) => day)).toEqual([33]);
    expect(earliestFirst(lines, days, 3).some(isOwn)).toBe(false);
  });

  it('takes the most that a request can have, all of it alike and on one day', () => {
    const lines = Array.from({ length: 10_000 }, () => ({ day: 1 }));
    const entries = Array.from({ length: 20_000 }, () => ({ day: 1, isPreferred: true }));
    const pairs = matchByDate(lines, entries, 30);
    expect(pairs.length).toBe(10_000);
    expect(pairs.every(([line, entry], i) => line === lines[i] && entry === entries[i])).toBe(true);
  });
});
