import type { Day } from './day.ts';
import { maxDateWindowDays, maxStatementLines } from './types.ts';

interface Dated {
  readonly day: Day;
}

interface Preferable extends Dated {
  /** Whether it should rather be matched than another one. */
  readonly isPreferred: boolean;
}

/**
 * What a pair is worth: no number of days outweighs a preferred entry, and nothing another pair. All of
 * it together stays an exact integer.
 */
const pairWorth = 1e11;
const preferenceWorth = 1e6;
if (maxStatementLines * (maxDateWindowDays + 1) > preferenceWorth) throw new RangeError('too many');

const skipEntry = 0;
const skipLine = 1;
const pair = 2;

/** How the first lines make the best of the first `j` entries, for each j that matters. */
interface Choices {
  /** The entries that the last of these lines can be paired with, from … to before … */
  readonly low: number;
  readonly high: number;
  /** Indexed by j - low. */
  readonly how: Uint8Array;
}

/** And what that is worth, which only the next line needs. */
interface Row extends Choices {
  readonly worth: Float64Array;
}

/** Before `low` nothing is asked for any more; beyond `high` nothing is gained. */
const worthAt = (row: Row, j: number): number =>
  row.worth[Math.min(j, row.high) - row.low] as number;

const nextRow = (
  before: Row,
  day: Day,
  entries: readonly Preferable[],
  windowDays: number,
): Row => {
  let { low, high } = before;
  while (low < entries.length && (entries[low] as Preferable).day < day - windowDays) low += 1;
  high = Math.max(high, low);
  while (high < entries.length && (entries[high] as Preferable).day <= day + windowDays) high += 1;
  const worth = new Float64Array(high - low + 1);
  const how = new Uint8Array(high - low + 1);
  worth[0] = worthAt(before, low);
  how[0] = skipLine;
  for (let j = low + 1; j <= high; j += 1) {
    const entry = entries[j - 1] as Preferable;
    const paired =
      worthAt(before, j - 1) +
      pairWorth +
      (entry.isPreferred ? preferenceWorth : 0) +
      (windowDays - Math.abs(entry.day - day));
    // Of what is worth the same, the earlier line and the earlier entry are paired.
    let best = worth[j - 1 - low] as number;
    let choice = skipEntry;
    const without = worthAt(before, j);
    if (without > best) {
      best = without;
      choice = skipLine;
    }
    if (paired > best) {
      best = paired;
      choice = pair;
    }
    worth[j - low] = best;
    how[j - low] = choice;
  }
  return { low, high, worth, how };
};

/**
 * Pairs lines with entries at most `windowDays` apart, each at most once: as many as there can be, of those
 * choices one with as many preferred entries as there can be, and of those one with the fewest days in
 * between. Both must be in the order of their days. Of two pairs that cross, the ends can be swapped
 * without a pair getting longer than the window or all of them longer together; so it is enough to look at
 * choices that do not cross, and time grows with the pairs that are near enough.
 */
export const matchByDate = <Line extends Dated, Entry extends Preferable>(
  lines: readonly Line[],
  entries: readonly Entry[],
  windowDays: number,
): readonly (readonly [Line, Entry])[] => {
  if (lines.length > maxStatementLines) throw new RangeError('too many lines');
  let last: Row = { low: 0, high: 0, worth: new Float64Array(1), how: new Uint8Array(1) };
  const rows: Choices[] = lines.map(({ day }) => {
    last = nextRow(last, day, entries, windowDays);
    const { low, high, how } = last;
    return { low, high, how };
  });
  const pairs: (readonly [Line, Entry])[] = [];
  let j = entries.length;
  for (let i = lines.length - 1; i >= 0; ) {
    const { low, high, how } = rows[i] as Choices;
    j = Math.min(j, high);
    const choice = j <= low ? skipLine : how[j - low];
    if (choice === pair) pairs.push([lines[i] as Line, entries[j - 1] as Entry]);
    if (choice !== skipEntry) i -= 1;
    if (choice !== skipLine) j -= 1;
  }
  return pairs.reverse();
};
