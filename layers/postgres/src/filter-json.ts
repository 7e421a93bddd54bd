import type { AmountRange, Metadata, TimeRange } from '@atlas/domain';

type Criterion = string | Metadata | TimeRange | AmountRange | undefined;
type Range = TimeRange | AmountRange;

/** The names of states, and the letters that rows have for them. */
const codes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  status: {
    open: 'o',
    frozen: 'f',
    closed: 'c',
    pending: 'p',
    captured: 'c',
    voided: 'v',
    expired: 'x',
  },
  kind: { posted: 'p', pending: 'h', released: 'r' },
  direction: { debit: 'd', credit: 'c' },
};

const text = (bound: Date | bigint | undefined): string | undefined =>
  bound instanceof Date ? bound.toISOString() : bound?.toString();

/** A filter as the reading functions take it: a member a criterion, ranges as two (`…From`, `…To`). */
export const filterJson = <Filter extends object>(filter: Filter): string => {
  const criteria: [string, Criterion][] = Object.entries(filter);
  const members = criteria.flatMap(([name, criterion]): [string, unknown][] => {
    if (name === 'metadata' || criterion === undefined) return [[name, criterion]];
    if (typeof criterion === 'string') return [[name, codes[name]?.[criterion] ?? criterion]];
    const { from, to } = criterion as Range;
    return [
      [`${name}From`, text(from)],
      [`${name}To`, text(to)],
    ];
  });
  return JSON.stringify(Object.fromEntries(members));
};
