import { type Day, dayOf } from './day.ts';
import { matchByDate } from './match-by-date.ts';
import type {
  MatchingRules,
  Period,
  ReconciliationItem,
  StatedEntry,
  StatementLine,
} from './types.ts';

/** References are compared without blanks, and in any case; one of nothing but blanks is none. */
export const comparableReference = (reference: string | null): string | null => {
  const compared = reference?.normalize('NFKC').toLowerCase().replaceAll(/\s+/gu, '') ?? '';
  return compared === '' ? null : compared;
};

interface Candidate {
  readonly entry: StatedEntry;
  readonly day: Day;
  /** Within the period: left over, it would be extra. */
  readonly isPreferred: boolean;
}

/** What both sides are alike in; null is never matched. */
type Key = (one: Pick<StatementLine, 'amountMinor' | 'reference'>) => string | null;

const amount: Key = ({ amountMinor }) => amountMinor.toString();
const amountAndReference: Key = ({ amountMinor, reference }) => {
  const compared = comparableReference(reference);
  return compared === null ? null : `${amountMinor} ${compared}`;
};

const passes: Readonly<Record<MatchingRules['reference'], readonly Key[]>> = {
  required: [amountAndReference],
  preferred: [amountAndReference, amount],
  ignored: [amount],
};

/**
 * Matches lines with entries of the same signed amount, at most so many days apart, by the reference rule.
 * Each line and each entry is matched at most once. Within a pass nothing that could be matched is left
 * (see matchByDate); an entry outside of the period can be matched, and is never extra. Answers with every
 * line, in order, and then with what is extra, in order of time.
 */
export const reconcile = (
  lines: readonly StatementLine[],
  entries: readonly StatedEntry[],
  period: Period,
  rules: MatchingRules,
): readonly ReconciliationItem[] => {
  const entryOf = new Map<StatementLine, StatedEntry>();
  let openLines = lines.toSorted((a, b) => a.day - b.day || a.number - b.number);
  let open = entries
    .map((entry): Candidate => {
      const day = dayOf(entry.effectiveAt);
      return { entry, day, isPreferred: day >= period.from && day <= period.to };
    })
    .toSorted((a, b) => a.day - b.day || (a.entry.version < b.entry.version ? -1 : 1));
  for (const key of passes[rules.reference]) {
    const candidates = Map.groupBy(open, ({ entry }) => key(entry));
    const taken = new Set<Candidate>();
    for (const [alike, some] of Map.groupBy(openLines, key)) {
      const others = alike === null ? undefined : candidates.get(alike);
      if (others === undefined) continue;
      for (const [line, candidate] of matchByDate(some, others, rules.dateWindowDays)) {
        entryOf.set(line, candidate.entry);
        taken.add(candidate);
      }
    }
    openLines = openLines.filter((line) => !entryOf.has(line));
    open = open.filter((candidate) => !taken.has(candidate));
  }
  const stated = lines.map((line): ReconciliationItem => {
    const entry = entryOf.get(line);
    return entry === undefined
      ? { outcome: 'missing', line, entry: null }
      : { outcome: 'matched', line, entry };
  });
  const extra = open
    .filter(({ isPreferred }) => isPreferred)
    .map(({ entry }): ReconciliationItem => ({ outcome: 'extra', line: null, entry }));
  return [...stated, ...extra];
};
